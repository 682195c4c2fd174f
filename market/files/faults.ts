/** Collects everything that is wrong with the rows of a file in one pass, and says it in one line. */
import { DataError } from '../../core/errors.ts';

/** What becomes of rows that cannot be read: an error once all are counted, or left out and counted. */
export type BadRowPolicy = 'fail' | 'drop';

interface Fault {
  readonly code: string;
  readonly where: string;
  readonly problem: string;
}

const SHOWN = 10;

export class RowFaults {
  readonly #first: Fault[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param where row and column as the file has them: `line 7, column "low"` */
  add(code: string, where: string, problem: string): void {
    if (this.#count++ < SHOWN) this.#first.push({ code, where, problem });
  }

  /**
   * @returns what was left out, for the notes; empty where nothing was
   * @throws DataError with the code of the first fault, unless bad rows are dropped or there is none
   */
  settle(path: string, numRows: number, policy: BadRowPolicy): string[] {
    if (this.#count === 0) return [];
    const [first] = this.#first;
    if (policy === 'drop') {
      return [
        `${this.#count} of ${numRows} rows were left out because they cannot be read: ${this.#list()}.`,
      ];
    }
    if (this.#count === 1) {
      throw new DataError(
        first.code,
        `${path}: ${first.where}: ${first.problem}; correct or remove the row, or leave it out with --bad-rows drop.`,
      );
    }
    throw new DataError(
      first.code,
      `${path}: ${this.#count} of ${numRows} rows cannot be used: ${this.#list()}. Correct or remove them, or leave them out with --bad-rows drop.`,
    );
  }

  #list(): string {
    const shown = this.#first.map(({ where, problem }) => `${where}: ${problem}`).join('; ');
    return this.#count > SHOWN ? `${shown}; and ${this.#count - SHOWN} more` : shown;
  }
}

/** A text in a message: quoted, no longer than 40 characters. */
export const quote = (text: string): string =>
  JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
