/** Chooses the rows of a series that each episode moves through. */
import { ConfigError } from '../core/errors.ts';
import { createRng, type Rng } from '../core/rng.ts';
import { restoreNumber, type Snapshot, type Snapshotable } from '../core/snapshot.ts';

/** The rows that episodes may use. */
export interface RowRange {
  /** First row that an episode may begin at. */
  readonly firstRow: number;
  /** Last row that a step may reach. */
  readonly lastRow: number;
  /** Steps of an episode; the last one of a sequential pass may have fewer. */
  readonly episodeSteps: number;
}

export interface RowLimits {
  /** Whose rows they are, for messages: `trading`. */
  readonly env: string;
  readonly firstRow: number;
  readonly lastRow: number;
  /** Steps asked for; 0: the whole range is one episode. */
  readonly episodeSteps: number;
  /** Names the first row, for messages: `the first after the warm-up`. */
  readonly first: string;
  /** Says what makes the range long enough, for messages. */
  readonly remedy: string;
}

/**
 * Checks that one episode fits.
 * @throws ConfigError `range-too-short`
 */
export function planRows({ env, firstRow, lastRow, episodeSteps, first, remedy }: RowLimits): RowRange {
  const numSteps = lastRow - firstRow;
  const numNeeded = Math.max(1, episodeSteps);
  if (numSteps < numNeeded) {
    throw new ConfigError(
      'range-too-short',
      `Env "${env}": rows ${firstRow} (${first}) to ${lastRow} give ${Math.max(0, numSteps)} steps, but ${numNeeded} are ` +
        `needed: ${remedy}.`,
    );
  }
  return { firstRow, lastRow, episodeSteps: episodeSteps === 0 ? numSteps : episodeSteps };
}

/**
 * `random` starts are uniform in the range; a `sequential` one is where the last episode was due to end, and the range's
 * first row after its last.
 */
export class EpisodeRows implements Snapshotable {
  readonly #isRandom: boolean;
  #range: RowRange;
  #rng: Rng;
  #nextStart: number;
  #endRow = 0;

  /** @param seed decides random starts, and what is forked from `rng` */
  constructor(range: RowRange, start: 'random' | 'sequential', seed: number) {
    this.#isRandom = start === 'random';
    this.#range = range;
    this.#nextStart = range.firstRow;
    this.#rng = createRng(seed);
  }

  /** Draws the starts. Saved beside the rows, not with them: envs fork streams of their own from it. */
  get rng(): Rng {
    return this.#rng;
  }

  /** The last row of the episode; 0 before the first one. */
  get endRow(): number {
    return this.#endRow;
  }

  /** Goes on in other rows: sequential starts begin anew. */
  moveTo(range: RowRange): void {
    this.#range = range;
    this.#nextStart = range.firstRow;
  }

  /** Begins anew with another seed. */
  reseed(seed: number): void {
    this.#rng = createRng(seed);
    this.#nextStart = this.#range.firstRow;
  }

  /** Begins an episode. @returns its first row */
  begin(): number {
    const { firstRow, lastRow, episodeSteps } = this.#range;
    const start = this.#isRandom
      ? firstRow + this.#rng.integer(lastRow - episodeSteps - firstRow + 1)
      : this.#nextStart;
    this.#endRow = Math.min(start + episodeSteps, lastRow);
    this.#nextStart = this.#endRow < lastRow ? this.#endRow : firstRow;
    return start;
  }

  save(): Snapshot {
    return { arrays: {}, values: { endRow: this.#endRow, nextStart: this.#nextStart } };
  }

  load(snapshot: Snapshot): void {
    this.#endRow = restoreNumber(snapshot, 'endRow');
    this.#nextStart = restoreNumber(snapshot, 'nextStart');
  }
}
