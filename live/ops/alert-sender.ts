/** Brings alerts to their addresses, each in its order, and again until they are taken; nobody ever waits for one. */
import { ConfigError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import { sha256 } from '../../storage/exact-json.ts';
import { backoffMs } from '../connection/backoff.ts';
import type { Clock } from '../connection/clock.ts';
import type { Alert, AlertAddress } from './alert.ts';
import type { AlertSpool, SpooledAlert } from './alert-spool.ts';
import type { PostJson } from './post-json.ts';

export interface AlertSenderOptions {
  readonly addresses: readonly AlertAddress[];
  readonly spool: AlertSpool;
  readonly post: PostJson;
  /** The machine's: retries do not hurry because a tape is played fast. */
  readonly clock: Clock;
  /** Decides the jitter of retries alone. */
  readonly rng: Rng;
  /** What every body holds beside its alert: tape, mode, markets. */
  readonly about: object;
  /** Told, in a sentence, of an alert that will not be sent. */
  readonly onGivenUp?: (text: string) => void;
}

export interface AlertStatus {
  readonly sent: number;
  /** Taken by nobody yet. */
  readonly waiting: number;
  /** Refused, too old, or too many. */
  readonly givenUp: number;
}

const POST_TIMEOUT_MS = 10_000;
/** An address that has taken nothing for so long misses what is older, ms. */
const MAX_AGE_MS = 24 * 3_600_000;
/** Alerts that wait for one address. */
const MAX_WAITING = 1000;
/** A refusal that is meant stays one. */
const MAX_REFUSALS = 3;
/** Statuses of a refusal that passes. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

export class AlertSender {
  readonly #options: AlertSenderOptions;
  readonly #lines: readonly AddressLine[];
  #count = 0;

  /** @throws ConfigError `invalid-url` */
  constructor(options: AlertSenderOptions) {
    this.#options = options;
    this.#lines = options.addresses.map((address) => new AddressLine(address, options));
  }

  /** Sends what earlier sessions could not. */
  async begin(): Promise<void> {
    const { spool, onGivenUp } = this.#options;
    let numForeign = 0;
    for (const alert of await spool.read()) {
      const line = this.#lines.find(({ id }) => id === alert.address);
      if (line !== undefined) line.add(alert);
      else {
        numForeign++;
        await spool.remove(alert);
      }
    }
    if (numForeign > 0) {
      onGivenUp?.(`${numForeign} alerts of earlier sessions were for addresses that are no longer named.`);
    }
  }

  /** Takes an alert, and returns at once. */
  take(alert: Alert): void {
    const wanted = this.#lines.filter(({ on }) => on.has(alert.kind));
    if (wanted.length === 0) return;
    const { clock, spool, about } = this.#options;
    const madeMs = Math.round(clock.nowMs());
    const id = `${madeMs}-${String(this.#count++).padStart(6, '0')}`;
    const body = JSON.stringify({ id, ...about, ...alert, time: new Date(alert.timeMs).toISOString() });
    for (const line of wanted) {
      const spooled = { id, address: line.id, madeMs, body };
      const written = spool.add(spooled);
      line.add(spooled, written);
    }
  }

  get status(): AlertStatus {
    const sum = (key: keyof AlertStatus) => this.#lines.reduce((total, line) => total + line[key], 0);
    return { sent: sum('sent'), waiting: sum('waiting'), givenUp: sum('givenUp') };
  }

  /** Waits for what is under way, and leaves the rest on the disk for the next session. @param withinMs at most */
  async close(withinMs: number): Promise<AlertStatus> {
    await Promise.all(this.#lines.map((line) => line.close(withinMs)));
    return this.status;
  }
}

interface Waiting {
  readonly alert: SpooledAlert;
  /** On the disk, or not to be had there. */
  readonly written: Promise<void>;
  numRefusals: number;
}

/** What waits for one address. */
class AddressLine {
  readonly id: string;
  readonly on: ReadonlySet<string>;
  sent = 0;
  givenUp = 0;
  readonly #url: string;
  readonly #name: string;
  readonly #options: AlertSenderOptions;
  readonly #queue: Waiting[] = [];
  readonly #abort = new AbortController();
  #isSending = false;
  #isClosed = false;
  #attempt = 0;
  #cancelRetry = (): void => {};
  #onEmpty: (() => void) | undefined;

  constructor({ url, on }: AlertAddress, options: AlertSenderOptions) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new ConfigError('invalid-url', `An alert needs an http or https address, got "${url}".`);
    }
    this.id = sha256(url).slice(0, 16);
    this.on = new Set(on);
    this.#url = url;
    // The rest of an address is often a secret.
    this.#name = new URL(url).host;
    this.#options = options;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  add(alert: SpooledAlert, written: Promise<void> = Promise.resolve()): void {
    if (this.#queue.length >= MAX_WAITING) {
      // The first one is under way.
      const [oldest] = this.#queue.splice(1, 1);
      this.#giveUp(oldest, `more than ${MAX_WAITING} wait`);
    }
    this.#queue.push({ alert, written, numRefusals: 0 });
    this.#send();
  }

  async close(withinMs: number): Promise<void> {
    if (this.#queue.length > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.clock.schedule(withinMs, resolve);
        this.#onEmpty = () => {
          cancel();
          resolve();
        };
        // One last try at once.
        this.#cancelRetry();
        this.#send();
      });
    }
    this.#isClosed = true;
    this.#cancelRetry();
    this.#abort.abort();
    await Promise.all(this.#queue.map(({ written }) => written));
  }

  #send(): void {
    if (this.#isSending || this.#isClosed || this.#queue.length === 0) return;
    this.#isSending = true;
    void this.#post(this.#queue[0]);
  }

  async #post(waiting: Waiting): Promise<void> {
    const { post, clock, rng, spool } = this.#options;
    const { alert } = waiting;
    const timeout = new AbortController();
    const cancelTimeout = clock.schedule(POST_TIMEOUT_MS, () => timeout.abort());
    const signal = AbortSignal.any([timeout.signal, this.#abort.signal]);
    const { status, detail, retryAfterMs } = await post(this.#url, alert.body, signal);
    cancelTimeout();
    if (this.#isClosed) return;
    const isTaken = status >= 200 && status < 300;
    const isRefused = status >= 300 && status < 500 && !PASSING.has(status);
    if (isRefused) waiting.numRefusals++;
    if (isTaken) {
      this.sent++;
      await waiting.written;
      await spool.remove(alert);
      this.#finish(waiting);
    } else if (waiting.numRefusals >= MAX_REFUSALS) {
      this.#giveUp(waiting, `it was refused: ${status} ${detail}`);
      this.#finish(waiting);
    } else if (clock.nowMs() - alert.madeMs > MAX_AGE_MS) {
      this.#giveUp(waiting, `nobody took it for a day: ${status} ${detail}`);
      this.#finish(waiting);
    } else {
      const delayMs = Math.max(retryAfterMs, backoffMs(this.#attempt++, rng));
      // It stays "sending" until then: what comes meanwhile waits behind it.
      this.#cancelRetry = clock.schedule(delayMs, () => this.#again());
      const retry = this.#cancelRetry;
      this.#cancelRetry = () => {
        retry();
        this.#isSending = false;
      };
    }
  }

  #again(): void {
    this.#cancelRetry = () => {};
    this.#isSending = false;
    this.#send();
  }

  #finish(waiting: Waiting): void {
    const index = this.#queue.indexOf(waiting);
    if (index >= 0) this.#queue.splice(index, 1);
    this.#attempt = 0;
    this.#isSending = false;
    if (this.#queue.length === 0) this.#onEmpty?.();
    else this.#send();
  }

  #giveUp({ alert, written }: Waiting, why: string): void {
    const { spool, onGivenUp } = this.#options;
    this.givenUp++;
    void written.then(() => spool.remove(alert));
    onGivenUp?.(`An alert for ${this.#name} was given up: ${why}.`);
  }
}
