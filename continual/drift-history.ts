/** What a policy has done since it took over, gone through once, and the monitor that comes of it. */
import type { Decision } from '../live/session/session.ts';
import { DriftMonitor } from './drift.ts';
import type { DriftConfig } from './drift-config.ts';
import { createDriftProfile, type DriftProfile, type DriftReference } from './drift-profile.ts';

/** What a monitor is told of, in order. */
export type Sight =
  | { readonly kind: 'equity'; readonly equity: number }
  | { readonly kind: 'decision'; readonly observation: Float32Array; readonly action: readonly number[] }
  | { readonly kind: 'fill'; readonly costBps: number };

/** The account at any decision, and what was seen and done where it was the policy's own. */
export function sightsOf({ ruling, action, step }: Decision): Sight[] {
  const sights: Sight[] = [{ kind: 'equity', equity: (step.info as { equity: number }).equity }];
  if (ruling.verdict === 'pass') {
    const chosen = typeof action === 'number' ? [action] : [...action];
    sights.push({ kind: 'decision', observation: step.observation.slice(), action: chosen });
  }
  return sights;
}

export function tell(monitor: DriftMonitor, sight: Sight): void {
  if (sight.kind === 'equity') monitor.observeEquity(sight.equity);
  else if (sight.kind === 'fill') monitor.observeFill(sight.costBps);
  else monitor.observeDecision(sight.observation, sight.action);
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
  readonly #sights: Sight[] = [];
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

  /** Has seen everything that `take` was told of. */
  get monitor(): DriftMonitor {
    return this.#monitor;
  }

  take(sight: Sight): void {
    tell(this.#monitor, sight);
    if (this.#profile !== undefined) return;
    this.#sights.push(sight);
    if (sight.kind !== 'decision' || ++this.#numOwn < ownDecisionsNeeded(this.#config)) return;
    this.#profile = createDriftProfile(this.#ownReference(), this.#config);
    this.#monitor = new DriftMonitor(this.#config, this.#profile);
    for (const seen of this.#sights) tell(this.#monitor, seen);
    this.#sights.length = 0;
  }

  #ownReference(): DriftReference {
    const decisions = this.#sights.filter((sight) => sight.kind === 'decision');
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
      fillCostsBps: this.#sights.filter((sight) => sight.kind === 'fill').map(({ costBps }) => costBps),
    };
  }
}
