/** Stands in for a market in a session that only records: nothing is ever decided. */
import { type Json, restoreNumber, type Snapshot } from '../../core/snapshot.ts';
import type { Action } from '../../envs/spaces.ts';
import { createBox, createDiscrete } from '../../envs/spaces.ts';
import type { LiveAccount, LiveMarket, Proposal } from './live-market.ts';

const NOTHING: Proposal = { exposure: 0, notional: 0, increasesRisk: false, edgeBps: Number.NaN };

export class SilentMarket implements LiveMarket {
  readonly observationSpace = createBox([1], 0, 0, ['nothing']);
  readonly actionSpace = createDiscrete(1);
  readonly nextDecisionMs = Number.POSITIVE_INFINITY;
  readonly decidesBeforeEvents = true;
  readonly account: LiveAccount = { equity: 1, initialEquity: 1, exposure: 0, numFills: 0, numOrders: 0 };
  readonly isFlat = true;
  readonly numSources: number;
  readonly depth: number;
  #numBooks = 0;

  constructor(numSources: number, depth: number) {
    this.numSources = numSources;
    this.depth = depth;
  }

  takeBook(): void {
    this.#numBooks++;
  }

  takeTrade(): void {}
  loseBook(): void {}

  decide(): undefined {
    return undefined;
  }

  numDueBy(): number {
    return 0;
  }

  skipTo(): void {}

  propose(): Proposal {
    return NOTHING;
  }

  begin(): void {}

  hold(): Action {
    return 0;
  }

  flatten(): Action {
    return 0;
  }

  midOf(): number {
    return Number.NaN;
  }

  save(): Snapshot {
    return { arrays: {}, values: { numBooks: this.#numBooks } };
  }

  checkpoint(): Snapshot {
    return this.save();
  }

  restore(snapshot: Snapshot): void {
    this.#numBooks = restoreNumber(snapshot, 'numBooks');
  }

  describe(): Json {
    return { books: this.#numBooks };
  }
}
