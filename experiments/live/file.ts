/** The file that says all of a live session: what `market-gym live --config` reads. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ConfigSchema, resolveConfig, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { alertsSchema } from '../../live/ops/alert.ts';
import { type LiveConfig, liveSchema, resolveLiveConfig } from '../../live/session/config.ts';
import { importModule } from '../plugins/modules.ts';

const policySchema = z.strictObject({
  rule: z.string().optional(),
  settings: z.record(z.string(), z.json()).optional(),
  run: z.string().optional(),
  checkpoint: z.string().optional(),
  model: z.string().optional(),
  registry: z.string().optional(),
});

const httpSchema = z.strictObject({
  port: z.int().min(0).max(65_535).default(0),
  host: z.string().default('127.0.0.1'),
  token: z.string().optional(),
});

/** What is beside the session's own settings. */
const fileSchema = z.object({
  plugins: z
    .array(z.string())
    .default([])
    .describe('TypeScript or JavaScript files with plugins, from the folder of this file'),
  tape: z.string().optional().describe('directory of the tape'),
  tapeFallback: z
    .string()
    .optional()
    .describe('directory on another disk, where the session goes on when its tape cannot be written'),
  policy: policySchema.default({}).describe('rule, run or model that decides'),
  alerts: alertsSchema
    .default([])
    .describe('addresses that are told by POST what a person wants to know; default: none'),
  log: z
    .string()
    .optional()
    .describe('file for the log; default: standard error, and on a terminal warnings only'),
  learn: z
    .record(z.string(), z.json())
    .optional()
    .describe('how the policy, a model of the registry, goes on learning; default: it does not'),
  http: httpSchema
    .optional()
    .describe('port, host and token of the page and its endpoints; default: there is none'),
  totalRisk: z
    .record(z.string(), z.json())
    .optional()
    .describe('limits of the sum of several markets: maxExposure, maxDrawdown, maxOrdersPerMinute'),
  speed: z
    .number()
    .positive()
    .optional()
    .describe(
      'how fast time passes; default: as fast as the tape that is played says, and once as fast on a real venue',
    ),
});

export type LivePolicyFile = z.output<typeof policySchema>;

export type LiveFile = z.output<typeof fileSchema> & {
  readonly session: Readonly<Record<string, unknown>>;
  /** What decides in each market, where it names that itself. */
  readonly marketPolicies: readonly (LivePolicyFile | undefined)[];
};

/**
 * @param path a JSON file, or a TypeScript or JavaScript module whose default export is the object
 * @throws ConfigError `invalid-live-file`, `unknown-key` with the nearest key, `invalid-value`
 */
export async function readLiveFile(path: string): Promise<LiveFile> {
  const content = /\.json$/.test(path)
    ? parseJson(path)
    : (await importModule(path, 'configuration')).default;
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new ConfigError('invalid-live-file', `"${path}" holds no object; see examples/live-trading.json.`);
  }
  const file = splitLiveFile(content as Record<string, unknown>, `"${path}"`);
  return { ...file, plugins: file.plugins.map((plugin) => resolve(dirname(path), plugin)) };
}

/** Parts the settings of the session from those around it. */
export function splitLiveFile(given: Readonly<Record<string, unknown>>, owner: string): LiveFile {
  const { content, marketPolicies } = takePolicies(given, owner);
  const all = fileSchema.extend(liveSchema.shape);
  // All keys at once, so that the nearest one is found among all.
  resolveConfig(all as unknown as ConfigSchema, content, owner);
  const isOuter = (key: string): boolean => Object.hasOwn(fileSchema.shape, key);
  const entries = Object.entries(content);
  const outer = fileSchema.parse(Object.fromEntries(entries.filter(([key]) => isOuter(key))));
  return { ...outer, marketPolicies, session: Object.fromEntries(entries.filter(([key]) => !isOuter(key))) };
}

/** A market of several may say what decides in it: the session's own settings know nothing of it. */
function takePolicies(
  content: Readonly<Record<string, unknown>>,
  owner: string,
): { content: Readonly<Record<string, unknown>>; marketPolicies: (LivePolicyFile | undefined)[] } {
  const { markets } = content;
  if (!Array.isArray(markets)) return { content, marketPolicies: [] };
  const marketPolicies = markets.map((market) => {
    if (typeof market !== 'object' || market === null || !('policy' in market)) return undefined;
    const parsed = policySchema.safeParse(market.policy);
    if (parsed.success) return parsed.data;
    const { path, message } = parsed.error.issues[0];
    throw new ConfigError(
      'invalid-value',
      `In ${owner}, "policy${path.length === 0 ? '' : `.${path.join('.')}`}" of a market: ${message}.`,
    );
  });
  const plain = markets.map((market, i) => {
    if (marketPolicies[i] === undefined) return market;
    const { policy: _, ...rest } = market as Record<string, unknown>;
    return rest;
  });
  return { content: { ...content, markets: plain }, marketPolicies };
}

/** The settings of a session: those of the policy's env below the user's own. */
export function completeSession(
  session: Readonly<Record<string, unknown>>,
  policy: { mode?: string; env: Readonly<Record<string, unknown>> },
  overrides: { env: Record<string, unknown>; risk: Record<string, unknown> },
): LiveConfig {
  const mode = session.mode ?? policy.mode;
  if (policy.mode !== undefined && mode !== policy.mode) {
    throw new ConfigError(
      'unfit-model',
      `The model trades in mode "${policy.mode}", but the session is of mode "${mode}"; change "mode".`,
    );
  }
  return resolveLiveConfig({
    ...session,
    ...(mode !== undefined && { mode }),
    env: { ...policy.env, ...(session.env as object), ...overrides.env },
    risk: { ...(session.risk as object), ...overrides.risk },
  });
}

function parseJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new ConfigError('invalid-live-file', `Cannot read "${path}"; name a JSON or TypeScript file.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError('invalid-live-file', `"${path}" is no JSON: ${(error as Error).message}.`);
  }
}
