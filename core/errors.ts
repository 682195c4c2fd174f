/** Defines the errors that a user can cause or must act on, each with a stable `code`. */

/** Base of every expected failure: the message names what, where and what to do, and fits on one line. */
export class MarketGymError extends Error {
  /** Stable, kebab-case identifier, for programs; the message is for people and may change. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    // What a file or a user brings into it may hold line breaks.
    super(message.replace(/\s*[\r\n\u2028\u2029]+\s*/g, ' '), options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A setting, name or argument that cannot be used. */
export class ConfigError extends MarketGymError {}

/** An environment that breaks its contract, or is used against it. */
export class EnvError extends MarketGymError {}

/** Market data that cannot be read or trusted. */
export class DataError extends MarketGymError {}

/** A file, checkpoint or run directory that cannot be written, read or trusted. */
export class StorageError extends MarketGymError {}

/** Learning that cannot go on: a non-finite loss, gradient or reward. */
export class TrainingError extends MarketGymError {}

/** A venue, feed or live session that cannot be used or trusted. */
export class LiveError extends MarketGymError {}
