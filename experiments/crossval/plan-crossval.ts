/** Lays a combinatorial purged cross-validation out as trials: one for each setting, seed and split. */
import { join } from 'node:path';
import { ConfigError } from '../../core/errors.ts';
import { requireNoLookAhead } from '../leaks/require-sound.ts';
import { continueRun, type Trial } from '../plan.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { type Fold, foldSchema, groupsOf, trainingStretches } from '../run/fold.ts';
import { whyNoAccount } from '../run/judged-task.ts';
import { createSpanEnv, episodeBarsOf, requireSoundAgent, requireSoundEnv } from '../run/parts.ts';
import { planRun, type Run, type RunRequest, type RunSpec } from '../run/spec.ts';

/** The most splits that are planned: more would be a mistyped number. */
const MAX_SPLITS = 5000;

export interface CrossvalSetting {
  readonly label: string;
  /** Beside those of the request. */
  readonly agent: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, unknown>>;
}

export interface CrossvalRequest extends Omit<RunRequest, 'seed' | 'evaluateEvery' | 'checkpointEvery'> {
  /** N ≥ 2 */
  readonly groups: number;
  /** k, 1 ≤ k < N */
  readonly testGroups: number;
  /** Rows; default: one in a hundred. */
  readonly embargo?: number;
  /** Rows that an observation depends on; default: as many as the env needs before its first one, and that one. */
  readonly window?: number;
  /** Rows after its own that a reward depends on. Default 1. */
  readonly horizon?: number;
  /** What is compared; one or more. */
  readonly candidates: readonly CrossvalSetting[];
  readonly seeds: readonly number[];
}

export interface CrossvalPlan {
  /** Without the split's own number. */
  readonly fold: Omit<Fold, 'index'>;
  readonly numSplits: number;
  readonly run: Run;
  readonly trials: readonly CrossvalTrial[];
}

export interface CrossvalTrial extends Trial {
  readonly setting: string;
  readonly split: number;
}

/**
 * Checks all of it before any of it runs.
 * @param out its folder; a trial's is `SETTING/seed-N/split-I` in it
 * @throws ConfigError `invalid-split` for groups that are shorter than an episode, or splits that leave nothing to learn from;
 * `no-account` for an env that keeps none; and as `planRun`
 */
export async function planCrossval(
  request: CrossvalRequest,
  out: string,
  access: PluginAccess = {},
): Promise<CrossvalPlan> {
  const trials: CrossvalTrial[] = [];
  let shared: { fold: Omit<Fold, 'index'>; run: Run } | undefined;
  const numSplits = countSplits(request.groups, request.testGroups);
  for (const setting of request.candidates) {
    const run = await planSetting(request, setting, access);
    const fold = foldOf(run, request);
    shared ??= { fold, run };
    for (let index = 0; index < numSplits; index++)
      trainingStretches({ ...fold, index }, episodeBarsOf(run.spec));
    for (const seed of request.seeds) {
      for (let split = 0; split < numSplits; split++) {
        const directory = join(out, setting.label, `seed-${seed}`, `split-${String(split).padStart(3, '0')}`);
        // In the order in which a stored run has them.
        const { trained, ...data } = run.spec.data!;
        const spec: RunSpec = {
          ...run.spec,
          seed,
          data: { ...data, fold: foldSchema.parse({ ...fold, index: split }), trained },
        };
        trials.push({
          task: run.spec.env.name,
          agent: `${setting.label} split ${split}`,
          seed,
          directory,
          spec: continueRun(directory, spec, run.catalog, access),
          judging: { checkpoint: 'final', episodes: 1, seed: 0 },
          setting: setting.label,
          split,
        });
      }
    }
  }
  return { ...shared!, numSplits, trials };
}

async function planSetting(
  { groups, testGroups, embargo, window, horizon, candidates, seeds, ...request }: CrossvalRequest,
  { agent, env }: CrossvalSetting,
  access: PluginAccess,
): Promise<Run> {
  const { settings } = request;
  const run = await planRun(
    {
      ...request,
      settings: { ...settings, agent: { ...settings.agent, ...agent }, env: { ...settings.env, ...env } },
      seed: seeds[0],
      // Nothing is chosen on the way: every row is learnt from or tested by.
      evaluateEvery: 0,
      checkpointEvery: 0,
      envWorkers: 0,
    },
    access,
  );
  if (run.market === undefined) {
    throw new ConfigError(
      'no-account',
      `A cross-validation cuts candles into groups, and env "${run.spec.env.name}" trades none; choose an env on candles.`,
    );
  }
  const reason = whyNoAccount(run);
  if (reason !== undefined) throw new ConfigError('no-account', reason);
  requireSoundEnv(run);
  requireSoundAgent(run);
  return requireNoLookAhead(run);
}

function foldOf(run: Run, request: CrossvalRequest): Omit<Fold, 'index'> {
  const { groups, testGroups, horizon = 1 } = request;
  const { candles } = run.market!;
  const fromRow = firstRowOf(run);
  const { window = fromRow + 1, embargo = Math.round((candles.length - fromRow) / 100) } = request;
  const fold = { fromRow, toRow: candles.length, groups, testGroups, window, horizon, embargo };
  const shortest = Math.min(...groupsOf(fold).map((group) => group.toRow - group.fromRow));
  const needed = Math.max(1, episodeBarsOf(run.spec)) + 1;
  if (shortest < needed) {
    throw new ConfigError(
      'invalid-split',
      `${groups} groups of ${candles.length - fromRow} rows have ${shortest} each, and an episode takes ${needed}: use fewer groups, shorter ` +
        'env.episodeBars, or bring more rows.',
    );
  }
  return fold;
}

/** The first row with a whole observation. */
function firstRowOf(run: Run): number {
  const { candles } = run.market!;
  const env = createSpanEnv(run, { fromRow: 0, toRow: candles.length }, run.spec.seed, true);
  const { timeMs } = env.reset().info as { timeMs: number };
  env.close?.();
  return candles.timeMs.findLastIndex((time) => time <= timeMs);
}

/** C(N, k) */
function countSplits(groups: number, testGroups: number): number {
  const isWhole = Number.isInteger(groups) && Number.isInteger(testGroups);
  if (!isWhole || groups < 2 || testGroups < 1 || testGroups >= groups) {
    throw new ConfigError(
      'invalid-split',
      `A cross-validation needs 2 groups or more and from 1 to all but one of them to test on, got ${groups} and ${testGroups}.`,
    );
  }
  let count = 1;
  for (let i = 1; i <= testGroups; i++) count = (count * (groups - testGroups + i)) / i;
  if (count <= MAX_SPLITS) return Math.round(count);
  throw new ConfigError(
    'invalid-split',
    `${groups} groups with ${testGroups} to test on make ${Math.round(count)} splits, each a training of its own; use fewer (at most ${MAX_SPLITS}).`,
  );
}
