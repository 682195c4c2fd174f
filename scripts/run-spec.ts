/** A run as data: everything that decides it, resolved, and how to build its parts from that. */
import type { AgentPlugin } from '../agents/agent.ts';
import { resolveConfig, z } from '../core/config.ts';
import { StorageError } from '../core/errors.ts';
import type { Json } from '../core/snapshot.ts';
import type { EnvPlugin } from '../envs/env.ts';
import { type Candles, hashCandles } from '../market/candles.ts';
import { loadCandles } from '../market/csv.ts';
import { type Spans, type SplitDates, splitSpans } from '../trainers/spans.ts';
import { type Catalog, loadCatalog, SHIPPED_DATA, shippedDataPath, version } from './catalog.ts';

const pluginConfig = z.record(z.string(), z.json());
const pluginSpec = z.strictObject({ name: z.string(), config: pluginConfig });
type PluginConfig = z.output<typeof pluginConfig>;

const runSpec = z.strictObject({
  version: z.string(),
  agent: pluginSpec,
  env: pluginSpec,
  plugins: z.array(z.string()),
  data: z
    .strictObject({
      path: z.string(),
      sha256: z.string(),
      validateFrom: z.string().optional(),
      testFrom: z.string().optional(),
    })
    .optional(),
  numEnvs: z.int().min(1),
  totalSteps: z.int().min(1),
  seed: z.int().min(0),
  evaluateEvery: z.int().min(0),
  evaluateEpisodes: z.int().min(1),
  checkpointEvery: z.int().min(0),
});

/** `run.json`: complete configurations, so that a later version's defaults do not change an old run. */
export type RunSpec = z.output<typeof runSpec>;

/** @throws StorageError `unreadable-run` when the specification is not whole */
export function parseRunSpec(specification: { readonly [key: string]: Json }): RunSpec {
  const parsed = runSpec.safeParse(specification);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new StorageError('unreadable-run', `run.json is damaged: ${path.join('.')}: ${message}.`);
}

/** What a user asks for on the command line. */
export interface RunRequest {
  readonly agent: string;
  readonly env: string;
  readonly plugins: readonly string[];
  readonly settings: Readonly<Record<'agent' | 'env', Record<string, unknown>>>;
  readonly data: string;
  readonly validateFrom?: string;
  readonly testFrom?: string;
  readonly numEnvs: number;
  readonly totalSteps: number;
  readonly seed: number;
  readonly evaluateEvery: number;
  /** Default: 1 on market data, where one pass is the whole span; 10 elsewhere. */
  readonly evaluateEpisodes?: number;
  readonly checkpointEvery: number;
}

/** The parts of a run, built and ready. */
export interface Run {
  readonly spec: RunSpec;
  readonly catalog: Catalog;
  readonly market: RunMarket | undefined;
}

/** The data of a run on candles. */
export interface RunMarket {
  readonly candles: Candles;
  readonly spans: Spans;
}

/** Loads what the request names, checks it, and completes its configurations. */
export async function planRun(request: RunRequest): Promise<Run> {
  const catalog = await loadCatalog(request.plugins);
  const agent = catalog.agents.get(request.agent);
  const env = catalog.envs.get(request.env);
  const { validateFrom, testFrom, totalSteps, numEnvs, seed } = request;
  const market = env.needsCandles ? await loadMarket(request.data, { validateFrom, testFrom }) : undefined;
  const spec: RunSpec = {
    version,
    agent: { name: agent.name, config: complete(agent, `agent "${agent.name}"`, request.settings.agent) },
    env: { name: env.name, config: complete(env, `env "${env.name}"`, request.settings.env) },
    plugins: [...request.plugins],
    numEnvs,
    totalSteps,
    seed,
    evaluateEvery: request.evaluateEvery,
    evaluateEpisodes: request.evaluateEpisodes ?? (env.needsCandles ? 1 : 10),
    checkpointEvery: request.checkpointEvery,
    ...(market && {
      data: { path: request.data, sha256: hashCandles(market.candles), validateFrom, testFrom },
    }),
  };
  return { spec, catalog, market };
}

/**
 * Loads the parts of a stored run again.
 * @throws DataError `data-changed` when the data file is no longer the one the run was made with
 */
export async function reopenRun(spec: RunSpec): Promise<Run> {
  const catalog = await loadCatalog(spec.plugins);
  if (spec.data === undefined) return { spec, catalog, market: undefined };
  const market = await loadMarket(spec.data.path, spec.data);
  if (hashCandles(market.candles) !== spec.data.sha256) {
    throw new StorageError(
      'data-changed',
      `${spec.data.path} is not the file this run was made with: its contents have changed. Restore it, or start a new run.`,
    );
  }
  return { spec, catalog, market };
}

/** Where the data of this name lie: `sp500` is the series that comes with the package, anything else a path. */
async function loadMarket(data: string, dates: SplitDates): Promise<RunMarket> {
  const { candles } = await loadCandles(data === SHIPPED_DATA ? shippedDataPath() : data);
  return { candles, spans: splitSpans(candles, dates) };
}

function complete(
  plugin: AgentPlugin | EnvPlugin,
  owner: string,
  overrides: Record<string, unknown>,
): PluginConfig {
  return JSON.parse(JSON.stringify(resolveConfig(plugin.config, overrides, owner)));
}
