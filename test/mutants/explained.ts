/** Mutants that no test can or should notice, each with its reason; `docs/mutants.md` lists them. */
export interface Explained {
  readonly file: string;
  /** Parts of the changed line, before and after. */
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

export const EXPLAINED: readonly Explained[] = [
  {
    file: 'live/connection/market-feed.ts',
    before: 'lagMs = 0;',
    after: 'lagMs = 1;',
    reason: 'Written by every publication, and read of a published book alone.',
  },
  {
    file: 'live/connection/kraken-checksum.ts',
    before: 'if (scaled < EXACT)',
    after: 'if (scaled <= EXACT)',
    reason: 'At the limit itself both ways write the same digits.',
  },
  {
    file: 'live/session/trading-live-market.ts',
    before: 'this.#isOpen && mid > 0',
    after: 'this.#isOpen && mid >= 0',
    reason:
      'There has been a book, and with it a mid above 0, before the first decision; no live market forgets it.',
  },
  {
    file: 'live/session/live-run.ts',
    before: 'const IDLE_MS = 250;',
    after: 'const IDLE_MS = 251;',
    reason:
      'A thousandth of a second between two looks at the clock changes no decision: each is made for its due time.',
  },
];
