/** Goes once through what a policy has done since it took over, and makes its monitor. */
import type { Decision } from '../live/session/session.ts';
import { DriftMonitor, type DriftSample } from './drift.ts';
import type { DriftConfig } from './drift-config.ts';
import { createDriftProfile, type DriftProfile, type DriftReference } from './drift-profile.ts';

/** Samples of a decision: the account, and what was seen and done where it was the policy's own. */
export function driftSamples({ ruling, action, step }: Decision): DriftSample[] {
  const samples: DriftSample[] = [{ kind: 'equity', equity: (step.info as { equity: number }).equity }];
  if (ruling.verdict === 'pass') {
    const chosen = typeof action === 'number' ? [action] : [...action];
    samples.push({ kind: 'decision', observation: step.observation.slice(), action: chosen });
  }
  return samples;
}

/** Own decisions that make a reference where no proven stretch does. */
export function ownDecisionsNeeded({ windowDecisions, referenceWindows }: DriftConfig): number {
  return windowDecisions * referenceWindows;
}

/** Without a reference that is long enough, the policy's own first windows become one. */
export class DriftHistory {
  readonly #config: DriftConfig;
  readonly #names: readonly string[] | undefined;
  #profile: DriftProfile | undefined;
  #monitor: DriftMonitor;
  /** Kept until there is a profile. */
  readonly #samples: DriftSample[] = [];
  #numOwn = 0;

  constructor(config: DriftConfig, reference?: DriftReference, names?: readonly string[]) {
    this.#config = config;
    this.#names = names;
    this.#profile = reference && createDriftProfile(reference, config);
    this.#monitor = new DriftMonitor(config, this.#profile);
  }

  get profile(): DriftProfile | undefined {
    return this.#profile;
  }

  /** Has seen every sample. */
  get monitor(): DriftMonitor {
    return this.#monitor;
  }

  add(sample: DriftSample): void {
    this.#monitor.add(sample);
    if (this.#profile !== undefined) return;
    this.#samples.push(sample);
    if (sample.kind !== 'decision' || ++this.#numOwn < ownDecisionsNeeded(this.#config)) return;
    this.#profile = createDriftProfile(this.#ownReference(), this.#config);
    this.#monitor = new DriftMonitor(this.#config, this.#profile);
    for (const seen of this.#samples) this.#monitor.add(seen);
    this.#samples.length = 0;
  }

  #ownReference(): DriftReference {
    const decisions = this.#samples.filter((sample) => sample.kind === 'decision');
    const [{ observation, action }] = decisions;
    const observations = new Float32Array(decisions.length * observation.length);
    for (const [n, decision] of decisions.entries()) {
      observations.set(decision.observation, n * observation.length);
    }
    return {
      isWhole: true,
      observations,
      actions: Float32Array.from(decisions.flatMap((decision) => decision.action)),
      observationDim: observation.length,
      actionDim: action.length,
      names: this.#names,
      fillCostsBps: this.#samples.filter((sample) => sample.kind === 'fill').map(({ costBps }) => costBps),
    };
  }
}
