/** What an experiment file may say: a matrix of tasks and agents, run with several seeds. */
import { readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { z } from '../core/config.ts';
import { ConfigError } from '../core/errors.ts';
import { suggestion } from '../core/nearest.ts';
import { MAX_SEED } from '../core/rng.ts';
import { attempt } from '../storage/atomic.ts';
import { LOG_FORMATS } from '../storage/run-log.ts';
import { importModule } from './plugins/modules.ts';
import { KERNEL_CHOICES } from './run/fast-kernels.ts';
import { searchSchema } from './search/settings.ts';

/** Beyond this a mistyped number is likelier than a wish. */
const MAX_SEEDS = 10_000;

/** Labels name folders. */
const label = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*$/, 'use letters, digits, "-", "_" and "."')
  .refine((text) => text.length <= 100, 'use at most 100 characters');
const pluginConfig = z.record(z.string(), z.json());
const seed = z.int().min(0).max(MAX_SEED);

/** May stand at every level; the nearest to the trial wins: override, agent, task, experiment. */
const settings = {
  steps: z.int().min(1).optional().describe('env steps over all envs; default 100000'),
  envs: z.int().min(1).optional().describe('environments stepped together; default 8'),
  evaluateEvery: z.int().min(0).optional().describe('env steps between evaluations; default 10000'),
  evaluateEpisodes: z.int().min(1).optional().describe('episodes of such an evaluation'),
  checkpointEvery: z.int().min(0).optional().describe('env steps between checkpoints; default 50000'),
  keepCheckpoints: z
    .int()
    .min(1)
    .optional()
    .describe('how many of the latest stay, beside the best; default 10'),
  patience: z.int().min(1).optional().describe('evaluations without a new best that end a trial'),
  targetReturn: z.number().optional().describe('mean return of an evaluation that ends a trial'),
  kernels: z
    .enum(KERNEL_CHOICES)
    .optional()
    .describe(
      'what computes matrix products: wasm, wasm-fma, blas, or fast, what this machine is fastest with; default wasm',
    ),
  envWorkers: z
    .int()
    .min(0)
    .max(64)
    .optional()
    .describe('threads that step the envs of a trial, for costly ones; default 0'),
  network: z
    .string()
    .optional()
    .describe("network plugin, or file, that makes the agents' networks; default: their own"),
  networkConfig: pluginConfig.optional().describe('settings of the network plugin'),
  log: z.array(z.enum(LOG_FORMATS)).optional().describe('what to log to; jsonl always is'),
};

const task = z.strictObject({
  env: z.string().describe('an env, as market-gym list names it'),
  label: label.optional().describe('what tables and folders call it; default: the env'),
  envConfig: pluginConfig.optional().describe('settings of the env'),
  data: z.string().optional().describe('file of candles, for an env that needs them; default sp500'),
  funding: z
    .string()
    .optional()
    .describe('file of funding rates, for perpetuals; default: a column of the data'),
  validateFrom: z.string().optional().describe('first day of the validation span'),
  testFrom: z.string().optional().describe('first day of the test span'),
  ...settings,
});

const agent = z.strictObject({
  agent: z.string().describe('an agent, as market-gym list names it'),
  label: label.optional().describe('what tables and folders call it; default: the agent'),
  config: pluginConfig.optional().describe('settings of the agent'),
  tasks: z.array(z.string()).min(1).optional().describe('labels of the tasks it is tried on; default: all'),
  ...settings,
});

const override = z.strictObject({
  task: z.string().optional().describe('label of the task it is for; default: every task'),
  agent: z.string().optional().describe('label of the agent it is for; default: every agent'),
  config: pluginConfig.optional().describe('settings of the agent there'),
  envConfig: pluginConfig.optional().describe('settings of the env there'),
  ...settings,
});

const experiment = z.strictObject({
  name: label.describe('names the folder, runs/NAME'),
  tasks: z.array(task).min(1).describe('what to learn'),
  agents: z.array(agent).min(1).describe('who learns it'),
  overrides: z.array(override).default([]).describe('settings of pairs of task and agent; the last wins'),
  seeds: z
    .union([z.int().min(1).max(MAX_SEEDS), z.array(seed).min(1)], {
      error: 'expected how many seeds, from 1, or a list of them',
    })
    .default(10)
    .transform((seeds) =>
      typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => i + 1) : seeds,
    )
    .describe('how many, counted from 1, or a list; default 10'),
  plugins: z
    .array(z.string())
    .default([])
    .describe('TypeScript or JavaScript files with plugins, from the folder of this file'),
  judge: z
    .enum(['best', 'final'])
    .default('best')
    .describe('the agent that is judged: of the best evaluation, or as training left it'),
  judgeEpisodes: z
    .int()
    .min(1)
    .default(100)
    .describe('greedy episodes; on market data one pass of the test span'),
  judgeSeed: seed.default(1_000_000).describe('seed of the first of these episodes'),
  search: searchSchema.optional().describe('settings are searched for each pair of task and agent'),
  ...settings,
});

/** What a file holds: every key that has a default may be left out. */
export type ExperimentInput = z.input<typeof experiment>;
export type Experiment = z.output<typeof experiment>;

/** The keys of each level with their meaning, for help texts. */
export const EXPERIMENT_KEYS: readonly (readonly [level: string, key: string, meaning: string])[] = [
  ...Object.entries({
    experiment,
    'tasks[]': task,
    'agents[]': agent,
    'overrides[]': override,
    search: searchSchema,
  }).flatMap(([level, { shape }]) =>
    Object.entries(shape)
      .filter(([key]) => !Object.hasOwn(settings, key))
      .map(([key, schema]) => [level, key, schema.description ?? ''] as const),
  ),
  ...Object.entries(settings).map(
    ([key, schema]) => ['any of these', key, schema.description ?? ''] as const,
  ),
];

/**
 * @param file a JSON file, or a TypeScript or JavaScript module whose default export is the experiment
 * @throws ConfigError naming the file and the key
 */
export async function loadExperiment(file: string): Promise<Experiment> {
  if (!file.endsWith('.json')) {
    const module = await importModule(file, 'experiment');
    if (module.default !== undefined) return withPaths(parseExperiment(module.default, file), dirname(file));
    throw new ConfigError(
      'invalid-experiment',
      `"${file}" has no default export; export the experiment by default.`,
    );
  }
  const text = attempt('read', file, () => readFileSync(file, 'utf8'));
  try {
    return withPaths(parseExperiment(JSON.parse(text), file), dirname(file));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ConfigError('invalid-experiment', `"${file}" is not JSON: ${error.message}.`, { cause: error });
  }
}

/** Files of code lie where the experiment's file says: it may be run from any folder. */
function withPaths(experiment: Experiment, folder: string): Experiment {
  const place = <Level extends { network?: string }>(level: Level): Level =>
    level.network === undefined || extname(level.network) === ''
      ? level
      : { ...level, network: resolve(folder, level.network) };
  return {
    ...place(experiment),
    plugins: experiment.plugins.map((file) => resolve(folder, file)),
    tasks: experiment.tasks.map(place),
    agents: experiment.agents.map(place),
    overrides: experiment.overrides.map(place),
  };
}

/**
 * @param source where it comes from, for messages
 * @throws ConfigError `invalid-experiment`, naming the key
 */
export function parseExperiment(content: unknown, source: string): Experiment {
  const parsed = experiment.safeParse(content);
  if (!parsed.success) throw invalid(source, explainIssue(parsed.error.issues[0]));
  const { tasks, agents, overrides, seeds } = parsed.data;
  const taskLabels = tasks.map((entry) => entry.label ?? entry.env);
  const agentLabels = agents.map((entry) => entry.label ?? entry.agent);
  requireNames(source, 'tasks', taskLabels);
  requireNames(source, 'agents', agentLabels);
  requireNames(source, 'seeds', seeds.map(String));
  const known = (path: string, name: string | undefined, labels: readonly string[]): void => {
    if (name === undefined || labels.includes(name)) return;
    throw invalid(source, `${path}: there is no "${name}".${suggestion(name, labels)}`);
  };
  for (const [i, entry] of agents.entries()) {
    for (const name of entry.tasks ?? []) known(`agents[${i}].tasks`, name, taskLabels);
  }
  for (const [i, entry] of overrides.entries()) {
    known(`overrides[${i}].task`, entry.task, taskLabels);
    known(`overrides[${i}].agent`, entry.agent, agentLabels);
  }
  return parsed.data;
}

function requireNames(source: string, key: string, names: readonly string[]): void {
  const unfit = key === 'seeds' ? undefined : names.find((name) => !label.safeParse(name).success);
  if (unfit !== undefined) throw invalid(source, `${key}: "${unfit}" cannot name a folder; give it a label.`);
  // The folders of some file systems do not tell case apart.
  const lower = names.map((name) => name.toLowerCase());
  const repeated = names.find((_, i) => lower.indexOf(lower[i]) < i);
  if (repeated === undefined) return;
  const remedy = key === 'seeds' ? 'name each once' : 'give one of them another label';
  throw invalid(source, `${key}: "${repeated}" is there twice; ${remedy}.`);
}

function explainIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
  if (issue.code === 'unrecognized_keys') {
    const levels = new Map<unknown, z.ZodObject>([
      ['tasks', task],
      ['agents', agent],
      ['overrides', override],
    ]);
    const keys = Object.keys((levels.get(issue.path[0]) ?? experiment).shape);
    const where = path === '' ? '' : ` in ${path}`;
    return `Unknown key "${issue.keys[0]}"${where}.${suggestion(issue.keys[0], keys)}`;
  }
  return `${path === '' ? '' : `${path}: `}${issue.message.replace(/\.$/, '')}.`;
}

function invalid(source: string, message: string): ConfigError {
  return new ConfigError('invalid-experiment', `${source}: ${message}`);
}
