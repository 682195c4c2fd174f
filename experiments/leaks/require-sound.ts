/** The quick form of the look-ahead proof: of what a run uses that does not come with the framework, before anything is learnt. */
import { ConfigError } from '../../core/errors.ts';
import { builtInEnvs } from '../../envs/built-in.ts';
import { builtInParts, type EnvParts } from '../../envs/parts.ts';
import { type Candles, sliceCandles } from '../../market/candles/candles.ts';
import type { Feature } from '../../market/features/features.ts';
import { createFeaturePipeline, featureName } from '../../market/features/pipeline.ts';
import type { LookAheadProof } from '../../trainers/look-ahead/findings.ts';
import { proveNoLookAhead } from '../../trainers/look-ahead/prove.ts';
import type { LookAheadSubject } from '../../trainers/look-ahead/subjects.ts';
import type { LookAheadOptions } from '../../trainers/look-ahead/tracer.ts';
import { describeAllowed, type Run } from '../run/spec.ts';

/** Rows after which data are changed: a fault of every bar shows in one of them. */
const PART_CUTS = 24;
const ENV_CUTS = 8;
const ENV_STEPS = 120;
/** Rows of the run's own data that its env is tried on. */
const OWN_ROWS = 1000;

/** What is proved, and with which settings. */
export interface UsedPart {
  readonly subject: LookAheadSubject;
  readonly options: LookAheadOptions;
}

export interface QuickProof {
  /** What looks ahead, a sentence each. */
  readonly leaks: readonly string[];
  /** What could not be proved, a sentence each. */
  readonly doubts: readonly string[];
}

/**
 * Proves the plugins that a run reads market data by, each with the run's own settings.
 * @returns nothing at all where it uses what comes with the framework alone
 */
export function proveRun(run: Run): Promise<QuickProof> {
  return proveParts(usedParts(run), run.market?.candles);
}

/** @param candles the user's own, which are tried where the walk of the proof does not fit */
export async function proveParts(
  parts: readonly UsedPart[],
  candles: Candles | undefined,
): Promise<QuickProof> {
  const leaks: string[] = [];
  const doubts: string[] = [];
  for (const { subject, options } of parts) {
    const proof = await proveOn(subject, options, firstRows(candles));
    // What throws on the run's own rows will do so in training, which tells it better.
    if (proof === undefined) continue;
    if (proof.status === 'leak') leaks.push(...proof.findings.map(({ message }) => message));
    else if (proof.status === 'unproven') doubts.push(proof.findings[0]?.message ?? proof.reason!);
  }
  return { leaks, doubts };
}

/**
 * Refuses a run that learns from data it could not have had.
 * @param allowed goes on with it, as a control; the run's record says so
 * @returns the run, with what could not be proved among its notes
 * @throws ConfigError `look-ahead` naming the column, the row and how far ahead it reads
 */
export async function requireNoLookAhead(run: Run, allowed = false): Promise<Run> {
  const { leaks, doubts } = await proveRun(run);
  if (leaks.length === 0) return { ...run, notes: [...run.notes, ...doubts] };
  if (!allowed) {
    throw new ConfigError(
      'look-ahead',
      `${leaks[0]} Nothing that is learnt from it can be traded. Correct it (market-gym check-leaks --plugin FILE shows more), or train ` +
        'with --allow-look-ahead, as a control.',
    );
  }
  const spec = { ...run.spec, lookAhead: [...leaks] };
  return { ...run, spec, notes: [...run.notes, ...leaks.map(describeAllowed), ...doubts] };
}

/** On the walk of the proof, or where that does not fit it, on the run's own rows. */
async function proveOn(
  subject: LookAheadSubject,
  options: LookAheadOptions,
  own: Candles | undefined,
): Promise<LookAheadProof | undefined> {
  const attempt = async (candles?: Candles): Promise<LookAheadProof | undefined> => {
    try {
      return await proveNoLookAhead(subject, { ...options, candles });
    } catch {
      return undefined;
    }
  };
  const onWalk = await attempt();
  const isKnown = onWalk !== undefined && onWalk.status !== 'unproven';
  return isKnown || own === undefined ? onWalk : ((await attempt(own)) ?? onWalk);
}

function usedParts({ spec, catalog, market }: Run): UsedPart[] {
  const { config } = spec.env;
  const { features } = config;
  const found = [
    ...usedFeatures(Array.isArray(features) ? features.map(String) : [], catalog.features),
    ...usedCosts(config, catalog),
  ];
  const env = catalog.envs.get(spec.env.name);
  if (env.needsCandles && market !== undefined && !builtInEnvs.includes(env)) {
    const own = { config, parts: catalog, numCuts: ENV_CUTS, steps: ENV_STEPS };
    found.push({ subject: env, options: own });
  }
  return found;
}

/** The features of plugins among those that are named. */
export function usedFeatures(names: readonly string[], features: Iterable<Feature>): UsedPart[] {
  return names
    .filter((name) => !builtInParts.features.has(featureName(name)))
    .map((name) => ({
      subject: createFeaturePipeline([name], { normalize: 'none', features }),
      options: { numCuts: PART_CUTS },
    }));
}

/** The rewards, fee and slippage models of plugins that an env's settings name. */
export function usedCosts(config: Readonly<Record<string, unknown>>, parts: EnvParts): UsedPart[] {
  const kinds = [
    ['rewards', 'reward', 'rewardSettings'],
    ['fees', 'feeModel', 'feeSettings'],
    ['slippages', 'slippageModel', 'slippageSettings'],
  ] as const;
  return kinds.flatMap(([kind, key, settings]) => {
    const name = config[key];
    if (typeof name !== 'string' || !parts[kind].has(name) || builtInParts[kind].has(name)) return [];
    const own = config[settings] as Record<string, unknown>;
    return [{ subject: parts[kind].get(name), options: { numCuts: PART_CUTS, config: own } }];
  });
}

function firstRows(candles: Candles | undefined): Candles | undefined {
  if (candles === undefined) return undefined;
  return candles.length > OWN_ROWS ? sliceCandles(candles, 0, OWN_ROWS) : candles;
}
