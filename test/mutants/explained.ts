/** Mutants that no test can or should notice, each with its reason; `docs/mutants.md` lists them. */
export interface Explained {
  readonly file: string;
  /** Parts of the changed line, before and after. */
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

export const EXPLAINED: readonly Explained[] = [];
