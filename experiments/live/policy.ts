/** What decides in a live session, by name: a trained run, a model of the registry, or a rule. */
import { ConfigError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import { arbitrageConfig } from '../../envs/arbitrage/config.ts';
import { comboConfigOf } from '../../envs/combos/config.ts';
import { bookTradingConfig } from '../../envs/trading/book-config.ts';
import { type ComboMode, LIVE_COMBOS, type LiveConfig } from '../../live/session/config.ts';
import type { LiveMarket } from '../../live/session/live-market.ts';
import { agentPolicy, EXTERNAL_MODEL, externalPolicy, type LivePolicy } from '../../live/session/policy.ts';
import type { PluginFile } from '../../storage/plugin-file.ts';
import { instantiate, readRegistryModel, readRunModel, type TrainedAgent } from '../models/agent-model.ts';
import { DEFAULT_REGISTRY } from '../models/default-registry.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { type Catalog, openCatalog } from '../plugins/catalog.ts';
import { networkRecordSchema, reopenNetwork } from '../plugins/network.ts';

/** Where to look for a policy; one of the three. */
export interface PolicyChoice {
  readonly rule?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Run directory, and the name of a checkpoint in it. */
  readonly run?: string;
  readonly checkpoint?: string;
  /** Reference in a registry: `NAME@VERSION`, `NAME@champion`, or `NAME`, which is its champion here. */
  readonly model?: string;
  readonly registry?: string;
  /** Which code a run or model may bring along. */
  readonly access?: PluginAccess;
  /** Where rules are looked up; absent: those that come with the framework, and the files of `access`. */
  readonly catalog?: Catalog;
}

export interface PolicySource {
  /** What the tape calls it. */
  readonly model: string;
  readonly createdMs: number;
  readonly mode: Exclude<LiveConfig['mode'], 'record'> | undefined;
  /** Settings of the env that it was trained with, as far as the live market has them. */
  readonly env: Readonly<Record<string, unknown>>;
  /** Files of code that it brings along; absent: none. */
  readonly plugins?: readonly PluginFile[];
  policyFor(market: LiveMarket): LivePolicy;
}

/** What a moving average rule must see. */
const FAST_BARS = 20;
const SLOW_BARS = 50;
const RULE_ENVS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'sma-cross': {
    features: [`ma-distance:${FAST_BARS}`, `ma-distance:${SLOW_BARS}`],
    normalize: 'none',
    window: 1,
  },
};
/** How a registry names one version of a model. */
export const REGISTRY_ID = /^[A-Za-z0-9][\w.-]*@\d+$/;
/** A live session has no episodes, and no rows. */
const EPISODE_KEYS: ReadonlySet<string> = new Set([
  'fromRow',
  'toRow',
  'episodeBars',
  'episodeEvents',
  'episodeStart',
]);

/** @throws ConfigError `no-policy`, and as the run, the registry or the rule */
export async function openPolicy(choice: PolicyChoice): Promise<PolicySource> {
  const given = [choice.rule, choice.run, choice.model].filter((name) => name !== undefined);
  if (given.length !== 1) {
    throw new ConfigError(
      'no-policy',
      `A live session needs one policy: --rule NAME, --run DIR or --model NAME; got ${given.length}.`,
    );
  }
  if (choice.rule !== undefined) return openRule(choice.rule, choice.settings ?? {}, await rulesOf(choice));
  if (choice.run !== undefined) {
    const model = await readRunModel(choice.run, choice.checkpoint, choice.access);
    const place = `${choice.run}${choice.checkpoint === undefined ? '' : `#${choice.checkpoint}`}`;
    return openAgent(model, `run:${place} ${model.hash}`, choice.access);
  }
  const { registry = DEFAULT_REGISTRY, model: reference = '' } = choice;
  // A name alone is its champion: what nobody has promoted trades only when its version is said.
  const model = readRegistryModel(registry, reference.includes('@') ? reference : `${reference}@champion`);
  return openAgent(model, model.id, choice.access);
}

/**
 * The policies of a tape's models, for replays.
 * @param choice where a model is now, if it is not where it was
 * @throws ConfigError `model-differs` when what is found is another model than the recorded one
 */
export async function reopenPolicy(recorded: string, choice: PolicyChoice): Promise<PolicySource> {
  if (recorded === EXTERNAL_MODEL || recorded === 'none') return openExternal(recorded);
  const { access, catalog } = choice;
  if (REGISTRY_ID.test(recorded)) return openPolicy({ model: recorded, registry: choice.registry, access });
  const [, kind, name, rest] = /^(rule|run):(\S+) ?(.*)$/.exec(recorded) ?? [];
  if (kind === 'rule') {
    return openRule(name, rest === '' ? {} : JSON.parse(rest), await rulesOf({ access, catalog }));
  }
  if (kind === undefined) {
    throw new ConfigError('model-differs', `The tape's model "${recorded}" is none that can be opened.`);
  }
  const [path, checkpoint] = name.split('#');
  const source = await openPolicy({ run: choice.run ?? path, checkpoint, access });
  if (source.model.split(' ').at(-1) === rest) return source;
  throw new ConfigError(
    'model-differs',
    `The tape was recorded with ${recorded}, but what is there now is ${source.model}; name the model with --run or --registry.`,
  );
}

function openExternal(model: string): PolicySource {
  return { model, createdMs: Number.NaN, mode: undefined, env: {}, policyFor: () => externalPolicy };
}

function openRule(name: string, settings: Readonly<Record<string, unknown>>, catalog: Catalog): PolicySource {
  const plugin = catalog.agents.get(name);
  const isPlain = Object.keys(settings).length === 0;
  const model = `rule:${name}${isPlain ? '' : ` ${JSON.stringify(settings)}`}`;
  return {
    model,
    createdMs: Number.NaN,
    mode: undefined,
    env: RULE_ENVS[name] ?? {},
    policyFor(market) {
      const { observationSpace, actionSpace } = market;
      const agent = plugin.build(
        {
          observationSpace,
          actionSpace,
          masksActions: market.actionMask !== undefined,
          numEnvs: 1,
          rng: createRng(1),
          totalSteps: Number.POSITIVE_INFINITY,
          signalRules: catalog.signalRules,
        },
        settings as never,
      );
      return agentPolicy(agent, actionSpace, model, Number.NaN);
    },
  };
}

function rulesOf({ catalog, access = {} }: Pick<PolicyChoice, 'catalog' | 'access'>): Promise<Catalog> {
  return catalog === undefined ? openCatalog([], access, 'The session') : Promise.resolve(catalog);
}

async function openAgent(model: TrainedAgent, id: string, access: PluginAccess = {}): Promise<PolicySource> {
  const owner = `The model "${id}"`;
  const catalog = await openCatalog(model.plugins ?? [], access, owner);
  const plugin = catalog.agents.get(model.agent.name);
  const made =
    model.network === undefined
      ? undefined
      : await reopenNetwork(networkRecordSchema.parse(model.network), catalog, access, owner);
  const code = { createNetwork: made?.createNetwork, signalRules: catalog.signalRules };
  return {
    model: id,
    createdMs: model.createdMs,
    ...liveEnvOf(model),
    plugins: catalog.files,
    policyFor: (market) =>
      agentPolicy(instantiate(model, market, plugin, code), market.actionSpace, id, model.createdMs),
  };
}

/** @throws ConfigError `unfit-model` for an env that has no live counterpart */
function liveEnvOf({ env, barMs }: TrainedAgent): Pick<PolicySource, 'mode' | 'env'> {
  const schemas = {
    trading: bookTradingConfig,
    'trading-books': bookTradingConfig,
    arbitrage: arbitrageConfig,
    ...Object.fromEntries(Object.entries(LIVE_COMBOS).map(([name, kind]) => [name, comboConfigOf(kind)])),
  } as const;
  const schema = Object.entries(schemas).find(([name]) => name === env.name)?.[1];
  if (schema === undefined) {
    throw new ConfigError(
      'unfit-model',
      `The model was trained on env "${env.name}", which no venue's feed provides; ` +
        `live sessions take models of ${Object.keys(schemas).join(', ')}.`,
    );
  }
  const kept = Object.entries(env.config).filter(([key]) => key in schema.shape && !EPISODE_KEYS.has(key));
  const isOwnMode = env.name === 'arbitrage' || Object.hasOwn(LIVE_COMBOS, env.name);
  const mode = isOwnMode ? (env.name as ComboMode | 'arbitrage') : 'trading';
  return { mode, env: { ...Object.fromEntries(kept), ...(barMs !== undefined && { barMs }) } };
}
