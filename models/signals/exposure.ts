/** Turns what a model says into the exposure to hold: thresholds with hysteresis, sizing, volatility targeting. */
import { type ConfigOf, type ConfigSchema, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import {
  definePart,
  type PartDefinition,
  type PartPlugin,
  type PluginShape,
  requirePart,
} from '../../core/plugin.ts';
import { Registry } from '../../core/registry.ts';

export const signalConfig = z.object({
  rule: z.string().default('threshold').describe('name of the signal rule'),
  ruleSettings: z
    .record(z.string(), z.json())
    .default({})
    .describe("the rule's own settings, where it has any"),
  enter: z
    .number()
    .min(0)
    .default(0)
    .describe('|score| above which a position is opened, ≥ 0; for classes a score is in [−1, 1]'),
  exit: z
    .number()
    .min(0)
    .default(0)
    .describe('|score| at or below which a position of the same sign is closed, from 0 to enter'),
  sizing: z
    .enum(['sign', 'proportional'])
    .default('sign')
    .describe(
      '`sign`: always maxExposure; `proportional`: maxExposure · |score| / fullScore, at most maxExposure',
    ),
  fullScore: z.number().positive().default(1).describe('`proportional`: |score| of a full position, > 0'),
  maxExposure: z
    .number()
    .positive()
    .max(100)
    .default(1)
    .describe('largest exposure, fraction of equity, > 0'),
  longOnly: z
    .boolean()
    .default(false)
    .describe('whether negative scores mean no position instead of a short one'),
  targetVolatility: z
    .number()
    .min(0)
    .default(0)
    .describe('volatility a year to aim at, fraction: sizes are scaled by target / realised; 0: no scaling'),
  rebalanceBand: z
    .number()
    .min(0)
    .default(0)
    .describe('changes of exposure up to this are left out while the sign stays, fraction of equity, ≥ 0'),
});

export type SignalConfig = ConfigOf<typeof signalConfig>;

/** @throws ConfigError `invalid-value` for an exit above the entry */
export function requireSoundSignal({ enter, exit }: SignalConfig): void {
  if (exit <= enter) return;
  throw new ConfigError(
    'invalid-value',
    `Invalid value ${exit} for "exit" of the signal: it must not be above "enter", ${enter}.`,
  );
}

/**
 * The exposure to hold from now on, a signed fraction of equity.
 * @param score of `Predictions`
 * @param volatility realised, a year, fraction; used only where a volatility is aimed at
 * @param previous the exposure asked for last
 */
export function nextExposure(
  score: number,
  volatility: number,
  previous: number,
  config: SignalConfig,
): number {
  const { enter, exit, sizing, fullScore, maxExposure, longOnly, targetVolatility, rebalanceBand } = config;
  const strength = Math.abs(score);
  const sameSide = score * previous > 0;
  const holds = sameSide ? strength > exit : strength > enter;
  if (!holds || (longOnly && score < 0)) return 0;
  let size = sizing === 'sign' ? maxExposure : maxExposure * Math.min(1, strength / fullScore);
  if (targetVolatility > 0) {
    size = volatility > 0 ? Math.min(maxExposure, (size * targetVolatility) / volatility) : 0;
  }
  const exposure = score > 0 ? size : -size;
  return sameSide && Math.abs(exposure - previous) <= rebalanceBand ? previous : exposure;
}

/** From a score to the exposure to hold: without a state of its own, since it is asked again after a restart. */
export interface SignalRule {
  /**
   * @param score of `Predictions`: for classes in [−1, 1], for regression the predicted value
   * @param volatility realised, a year, fraction; NaN where the settings aim at none
   * @param previous the exposure asked for last
   * @returns signed fraction of equity, finite; beyond maxExposure it is cut off
   */
  exposure(score: number, volatility: number, previous: number): number;
}

export type SignalRulePlugin = PartPlugin<SignalConfig, SignalRule>;

export const signalRuleShape: PluginShape = {
  kind: 'signal rule',
  define: 'defineSignalRule',
  methods: ['create'],
};

/**
 * Makes a rule that the signal's setting `rule` can name; `create` gets the settings of the signal and those of its own.
 * @throws ConfigError `invalid-plugin` for one that is not whole
 * @example
 * export const full = defineSignalRule({
 *   name: 'full',
 *   description: 'All or nothing by the sign of the score',
 *   create: ({ maxExposure }) => ({ exposure: (score) => Math.sign(score) * maxExposure }),
 * });
 */
export function defineSignalRule<Schema extends ConfigSchema = ConfigSchema>(
  plugin: PartDefinition<Schema, SignalConfig, SignalRule>,
): SignalRulePlugin {
  return definePart(signalRuleShape, plugin);
}

const threshold = defineSignalRule({
  name: 'threshold',
  description: 'Enters above one |score| and leaves at another; sized by sign, score or volatility',
  create(config) {
    requireSoundSignal(config);
    return { exposure: (score, volatility, previous) => nextExposure(score, volatility, previous, config) };
  },
});

/** The signal rules that come with the framework. */
export const builtInSignalRules = new Registry<SignalRulePlugin>(signalRuleShape.kind, [threshold]);

/**
 * The rule that the settings of a signal name, checked where it is a user's.
 * @throws ConfigError `unknown-name`, `invalid-plugin`; while trading, `invalid-exposure` for a number that is not an exposure
 */
export function createSignalRule(
  config: SignalConfig,
  rules: Registry<SignalRulePlugin> = builtInSignalRules,
): SignalRule {
  const plugin = rules.get(config.rule);
  const owner = `signal rule "${plugin.name}"`;
  const rule = requirePart(plugin.create(config, config.ruleSettings), owner, ['exposure']);
  if (builtInSignalRules.has(plugin.name)) return rule;
  const { maxExposure } = config;
  return {
    exposure(score, volatility, previous) {
      const exposure = rule.exposure(score, volatility, previous);
      if (Number.isFinite(exposure)) return Math.max(-maxExposure, Math.min(maxExposure, exposure));
      throw new ConfigError(
        'invalid-exposure',
        `The ${owner} gave ${String(exposure)} for the score ${score}; it must return a finite fraction of equity.`,
      );
    },
  };
}
