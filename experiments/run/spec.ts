/** A run as data: everything that decides it, resolved, and how to build its parts from that. */
import type { AgentPlugin } from '../../agents/agent.ts';
import { resolveConfig, z } from '../../core/config.ts';
import { ConfigError, StorageError } from '../../core/errors.ts';
import type { EnvPlugin } from '../../envs/env.ts';
import { completeParts } from '../../envs/parts.ts';
import { exogenousColumns } from '../../market/features/exogenous.ts';
import type { ReadOptions } from '../../market/files/options.ts';
import { ROLES } from '../../market/files/shapes/column-words.ts';
import { loadBlas } from '../../networks/kernels/blas.ts';
import { KERNEL_BACKENDS, type KernelBackend } from '../../networks/kernels/kernels.ts';
import { codeOf, type PluginFile, recordedPluginSchema } from '../../storage/plugin-file.ts';
import type { RunDirectory } from '../../storage/run-directory.ts';
import { LOG_FORMATS, type LogFormat } from '../../storage/run-log.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { type Catalog, openCatalog, SHIPPED_DATA } from '../plugins/catalog.ts';
import { networkRecordSchema, openNetwork, type RunNetwork, reopenNetwork } from '../plugins/network.ts';
import { version } from '../version.ts';
import { ageNotes } from './age.ts';
import { loadRunBooks, type RunBooks } from './books.ts';
import { fastKernels, type KernelChoice } from './fast-kernels.ts';
import { fitUpdates } from './fit-updates.ts';
import { foldSchema } from './fold.ts';
import { fundingRequestOf } from './funding.ts';
import { idleThreads } from './idle-threads.ts';
import { loadMarket, type RunMarket, usualBarMs } from './market.ts';

/** Latest checkpoints of a run that stay. */
const DEFAULT_KEPT = 10;

/** Envs of a run, and threads of its kernels, at most: what a file says must not take all of a machine's memory. */
const MAX_ENVS = 65_536;
const MAX_THREADS = 64;

const pluginConfig = z.record(z.string(), z.json());
const pluginSpec = z.strictObject({ name: z.string(), config: pluginConfig });
type PluginConfig = z.output<typeof pluginConfig>;

const readSchema = z.strictObject({
  columns: z.partialRecord(z.enum(ROLES), z.string()).optional(),
  symbol: z.string().optional(),
  timezone: z.string().optional(),
  dates: z.enum(['dmy', 'mdy']).optional(),
  duplicates: z.enum(['fail', 'first', 'last']).optional(),
  badRows: z.enum(['fail', 'drop']).optional(),
  exogenous: z.array(z.string()).optional(),
  convert: z
    .strictObject({ to: z.string(), rates: z.array(z.strictObject({ pair: z.string(), path: z.string() })) })
    .optional(),
  adjust: z.boolean().optional(),
});

const fundingSchema = z.strictObject({
  path: z.string().optional(),
  leadMs: z.number(),
  capRate: z.number(),
  intervalMs: z.number(),
});

const runSpec = z.strictObject({
  version: z.string(),
  agent: pluginSpec,
  env: pluginSpec,
  plugins: z.array(recordedPluginSchema),
  data: z
    .strictObject({
      path: z.string(),
      sha256: z.string(),
      validateFrom: z.string().optional(),
      testFrom: z.string().optional(),
      /** How the file was read, where that was said. */
      read: readSchema.optional(),
      /** The funding rates beside it, for a perpetual. */
      funding: fundingSchema.optional(),
      /** The rows of one split of a combinatorial cross-validation, in place of the spans. */
      fold: foldSchema.optional(),
      /** What the training envs are given, UTC epoch; absent in runs of older versions. */
      trained: z.strictObject({ fromMs: z.number(), toMs: z.number() }).optional(),
    })
    .optional(),
  numEnvs: z.int().min(1).max(MAX_ENVS),
  totalSteps: z.int().min(1),
  seed: z.int().min(0),
  evaluateEvery: z.int().min(0),
  evaluateEpisodes: z.int().min(1),
  checkpointEvery: z.int().min(0),
  /** How many of the latest stay, beside the best; older runs kept all. */
  keepCheckpoints: z.int().min(1).optional(),
  patience: z.int().min(1).optional(),
  targetReturn: z.number().optional(),
  log: z.array(z.enum(LOG_FORMATS)).default(['jsonl']),
  kernels: z
    .strictObject({ backend: z.enum(KERNEL_BACKENDS), threads: z.int().min(1).max(MAX_THREADS) })
    .default({ backend: 'wasm', threads: 1 }),
  envWorkers: z.int().min(0).max(MAX_ENVS).default(0),
  network: networkRecordSchema.optional(),
  /** What of it was found to know later data, where it was trained all the same. */
  lookAhead: z.array(z.string()).optional(),
});

/** `run.json`: complete configurations, so that a later version's defaults do not change an old run. */
export type RunSpec = z.output<typeof runSpec>;

/** @throws StorageError `unreadable-run` when the specification is not whole, and as `RunDirectory.specification` */
export function readRunSpec(directory: RunDirectory): RunSpec {
  const parsed = runSpec.safeParse(directory.specification());
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new StorageError(
    'unreadable-run',
    `"${directory.path}/run.json" is damaged: ${path.join('.')}: ${message}. Restore it, or start a new run.`,
  );
}

/** How the data are read, with the columns of the file that the env's features name. */
function withExogenous(read: ReadOptions, features: unknown): ReadOptions {
  const exogenous = exogenousColumns(features);
  return exogenous.length === 0 ? read : { ...read, exogenous };
}

/** What a user asks for on the command line. */
export interface RunRequest {
  readonly agent: string;
  readonly env: string;
  readonly plugins: readonly string[];
  readonly settings: Readonly<Record<'agent' | 'env', Record<string, unknown>>> & {
    /** Of the network plugin that `network` names. */
    readonly network?: Readonly<Record<string, unknown>>;
  };
  /** Default: the series that comes with the package, for an env that needs candles. */
  readonly data?: string;
  readonly validateFrom?: string;
  readonly testFrom?: string;
  /** File of funding rates, for a perpetual; default: a column of the data. */
  readonly funding?: string;
  /** How the data are read, where the file does not say itself. */
  readonly read?: ReadOptions;
  readonly numEnvs: number;
  readonly totalSteps: number;
  readonly seed: number;
  readonly evaluateEvery: number;
  /** Default: 1 on market data, where one pass is the whole span; 10 elsewhere. */
  readonly evaluateEpisodes?: number;
  readonly checkpointEvery: number;
  /** How many of the latest stay, beside the best. Default 10. */
  readonly keepCheckpoints?: number;
  /** Evaluations without a new best that end the run; default: none do. */
  readonly patience?: number;
  /** Mean return of an evaluation that ends the run; default: none does. */
  readonly targetReturn?: number;
  /** Default: JSON lines alone. */
  readonly log?: readonly LogFormat[];
  /** Default: portable kernels, which give the same bits anywhere; `fast`: the fastest of this machine, by a trial. */
  readonly backend?: KernelChoice;
  /**
   * Threads of a learner step; no number of them changes a bit of the portable kernels. `idle`: the idle cores, where products are
   * large. Default 1.
   */
  readonly threads?: number | 'idle';
  /** Threads that step the envs; no number of them changes a bit. Default 0: the thread of the learner does. */
  readonly envWorkers?: number;
  /** A network plugin, or a file, that makes the agent's networks; default: its configuration decides. */
  readonly network?: string;
}

/** The parts of a run, built and ready. */
export interface Run {
  readonly spec: RunSpec;
  readonly catalog: Catalog;
  readonly market: RunMarket | undefined;
  readonly network: RunNetwork | undefined;
  /** What whoever goes on with it or judges it should know of its age and its code, a sentence each. */
  readonly notes: readonly string[];
  /** What was fitted to the length of the run when it was planned, a sentence each. */
  readonly remarks?: readonly string[];
  /** Recorded order books; absent where the env makes its own market. */
  readonly books?: RunBooks;
}

/** Loads what the request names, checks it, and completes its configurations. */
export async function planRun(request: RunRequest, access: PluginAccess = {}): Promise<Run> {
  const given = { ...access, plugins: request.plugins };
  const catalog = await openCatalog([], given, 'The run');
  const agent = catalog.agents.get(request.agent);
  const env = catalog.envs.get(request.env);
  const { data = SHIPPED_DATA, validateFrom, testFrom, totalSteps, numEnvs, seed } = request;
  if (!env.needsCandles && !env.needsBooks && (request.data ?? validateFrom ?? testFrom) !== undefined) {
    throw new ConfigError(
      'invalid-setting',
      `Env "${env.name}" takes no market data; leave out --data, --validate-from and --test-from.`,
    );
  }
  if (numEnvs > MAX_ENVS) {
    throw new ConfigError('invalid-setting', `A run has ${MAX_ENVS} envs at most, not ${numEnvs}.`);
  }
  const { evaluateEvery, patience, targetReturn } = request;
  if (evaluateEvery === 0 && (patience ?? targetReturn) !== undefined) {
    throw new ConfigError(
      'invalid-setting',
      'A patience or a target return needs evaluations; let --evaluate-every be more than 0.',
    );
  }
  const dates = { validateFrom, testFrom };
  const read = withExogenous(request.read ?? {}, request.settings.env.features);
  const envConfig = plain(completeParts(complete(env, `env "${env.name}"`, request.settings.env), catalog));
  const funding = fundingRequestOf(envConfig, request.funding, env.name);
  const market = env.needsCandles
    ? await loadMarket(data, dates, given, { read, takesSeries: env.takesSeries, funding })
    : undefined;
  const books =
    env.needsBooks && request.data !== undefined
      ? await loadRunBooks(request.data, dates, given, read, funding)
      : undefined;
  const files = market ?? books;
  const network =
    request.network === undefined
      ? undefined
      : await openNetwork(request.network, request.settings.network ?? {}, catalog, access);
  requireNoSettings(request);
  const kernels = kernelsOf(request.backend);
  const fitted = fitUpdates({
    agent: agent.name,
    config: complete(agent, `agent "${agent.name}"`, request.settings.agent),
    numEnvs,
    totalSteps,
  });
  const threads =
    request.threads === 'idle' ? idleThreads(kernels.backend, fitted.config) : (request.threads ?? 1);
  const spec: RunSpec = {
    version,
    agent: { name: agent.name, config: fitted.config as PluginConfig },
    env: { name: env.name, config: envConfig },
    plugins: [...catalog.files],
    numEnvs,
    totalSteps,
    seed,
    evaluateEvery,
    evaluateEpisodes: request.evaluateEpisodes ?? (files === undefined ? 10 : 1),
    checkpointEvery: request.checkpointEvery,
    keepCheckpoints: request.keepCheckpoints ?? DEFAULT_KEPT,
    patience,
    targetReturn,
    log: [...(request.log ?? (['jsonl'] as const))],
    kernels: { backend: kernels.backend, threads },
    envWorkers: request.envWorkers ?? 0,
    ...(files && {
      data: {
        path: files.path,
        sha256: files.sha256,
        validateFrom,
        testFrom,
        ...(Object.keys(read).length > 0 && { read }),
        ...((market?.funding ?? books?.funding) && { funding }),
        trained: trainedSpan({ market, books }),
      },
    }),
    ...(network && { network: network.record }),
  };
  const shared =
    request.threads === 'idle' && threads > 1
      ? `A learning step goes to ${threads} threads, for cores are idle; --threads 1 keeps to one.`
      : undefined;
  const remarks = [fitted.remark, kernels.sentence, shared].filter((text) => text !== undefined);
  return { spec, catalog, market, books, network, notes: [], remarks };
}

/**
 * Loads the parts of a stored run again.
 * @param access which code the user lets it bring along
 * @param owner for messages
 * @returns its specification with the code that it goes on with
 * @throws StorageError `data-changed` when the data file is no longer the one the run was made with, and as `grantPlugins`,
 * before any of its code is run
 */
export async function reopenRun(stored: RunSpec, access: PluginAccess = {}, owner = 'The run'): Promise<Run> {
  const catalog = await openCatalog(stored.plugins, access, owner);
  const network = stored.network && (await reopenNetwork(stored.network, catalog, access, owner));
  // What is given beside the run's own files serves this command alone.
  const plugins = catalog.files.slice(0, stored.plugins.length);
  const spec: RunSpec = { ...stored, plugins, ...(network && { network: network.record }) };
  const allowed = (stored.lookAhead ?? []).map(describeAllowed);
  const notes = [...ageNotes(spec, catalog), ...codeNotes(stored, spec), ...allowed];
  const files =
    spec.data === undefined
      ? { market: undefined }
      : await loadRunData(spec.data, catalog.envs.get(spec.env.name).needsBooks, access);
  return { spec, catalog, network, notes, ...files };
}

/**
 * The data of a stored run again.
 * @throws StorageError `data-changed` when the file is no longer the one the run was made with
 */
export async function loadRunData(
  data: NonNullable<RunSpec['data']>,
  needsBooks: boolean,
  access: PluginAccess = {},
): Promise<Pick<Run, 'market' | 'books'>> {
  const market = needsBooks
    ? undefined
    : await loadMarket(data.path, data, access, { read: data.read, funding: data.funding });
  const books = needsBooks ? await loadRunBooks(data.path, data, access, data.read, data.funding) : undefined;
  if ((market ?? books)?.sha256 === data.sha256) return { market, books };
  throw new StorageError(
    'data-changed',
    `${data.path} is not the file this run was made with: its contents have changed. Restore it, or start a new run.`,
  );
}

/** What whoever judges a run that was allowed to look ahead is told. */
export function describeAllowed(leak: string): string {
  return `It was trained all the same: ${leak} Its results are those of an oracle.`;
}

/** The code that a run was made with, by hash; empty where all of it is the framework's own. */
export function codeOfRun({ plugins, network }: Pick<RunSpec, 'plugins' | 'network'>): string {
  return codeOf(codeFiles({ plugins, network }));
}

function codeFiles({ plugins, network }: Pick<RunSpec, 'plugins' | 'network'>): PluginFile[] {
  return [...plugins, ...(network !== undefined && 'path' in network ? [network] : [])];
}

function codeNotes(stored: RunSpec, spec: RunSpec): string[] {
  const [before, now] = [codeFiles(stored), codeFiles(spec)];
  return now.flatMap((file, i) =>
    (file.before?.length ?? 0) > (before[i].before?.length ?? 0)
      ? [`${file.path} has changed since; what follows is marked by its code, ${codeOf([file])}.`]
      : [],
  );
}

/** The kernels that are meant, and what should be known of them. */
function kernelsOf(choice: KernelChoice = 'wasm'): { backend: KernelBackend; sentence?: string } {
  if (choice === 'fast') return fastKernels();
  return { backend: choice, sentence: choice === 'blas' ? loadBlas().remark : undefined };
}

/** @throws ConfigError `invalid-setting` for settings of a network that is not there */
function requireNoSettings({ network, settings }: RunRequest): void {
  const [key] = Object.keys(settings.network ?? {});
  if (network !== undefined || key === undefined) return;
  throw new ConfigError(
    'invalid-setting',
    `"network.${key}" is set, but no network is named; add --network NAME.`,
  );
}

/**
 * From when until when the data are that the training envs of a run are given: the validation and test spans are no part
 * of them. UTC epoch; undefined for an env without market data.
 */
export function trainedSpan({
  market,
  books,
}: Pick<Run, 'market' | 'books'>): { fromMs: number; toMs: number } | undefined {
  const files = market ?? books;
  if (files === undefined) return undefined;
  const { timeMs } = market?.candles ?? books!.tape;
  const { fromRow, toRow } = files.spans.train;
  // A bar is known up to its end; an event at its time.
  const lengthMs = market === undefined ? 0 : usualBarMs(market.candles);
  return { fromMs: timeMs[fromRow], toMs: timeMs[toRow - 1] + lengthMs };
}

function complete(
  plugin: AgentPlugin | EnvPlugin,
  owner: string,
  overrides: Record<string, unknown>,
): PluginConfig {
  return plain(resolveConfig(plugin.config, overrides, owner));
}

function plain(config: object): PluginConfig {
  return JSON.parse(JSON.stringify(config));
}
