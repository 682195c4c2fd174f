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
];
