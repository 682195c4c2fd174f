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
    file: 'envs/trading/observation.ts',
    before: 'if (equity > this.peakEquity)',
    after: 'if (equity >= this.peakEquity)',
    reason: 'Where both are the same, the peak is written over with itself.',
  },
  {
    file: 'live/session/open-tape.ts',
    before: 'if (taken.length === 2) break;',
    after: 'if (taken.length === 3) break;',
    reason: 'One record more is read than is looked at.',
  },
  {
    file: 'trainers/arbitrage/baselines.ts',
    before: 'const TRAILINGS = [0, 2, 8];',
    after: 'const TRAILINGS = [1, 2, 8];',
    reason: 'A grid of settings that a rule is tuned on: any other near it is as right.',
  },
  {
    file: 'agents/ddpg.ts',
    before: 'targetNoise: 0, targetNoiseClip: 0 };',
    after: 'targetNoise: 1, targetNoiseClip: 0 };',
    reason: 'Noise that is clipped to nothing is none, whatever its deviation.',
  },
  {
    file: 'agents/off-policy/loop.ts',
    before: 'if (this.#greedy.length === numEnvs * actionDim(actionSpace)) return;',
    after: 'if (this.#greedy.length === numEnvs / actionDim(actionSpace)) return;',
    reason: 'A buffer that is there already is made anew, with the same room.',
  },
];
