/** The quick form of the look-ahead proof for supervised models: of features, costs and kinds of model that come by plugin. */
import { ConfigError } from '../../core/errors.ts';
import type { EnvParts } from '../../envs/parts.ts';
import type { Candles } from '../../market/candles/candles.ts';
import type { Feature } from '../../market/features/features.ts';
import { builtInModels } from '../../models/kinds.ts';
import type { ModelPlugin } from '../../models/model.ts';
import type { TrainingOverrides } from '../../models/train.ts';
import { proveParts, type UsedPart, usedCosts, usedFeatures } from './require-sound.ts';

/** A model is trained for each. */
const MODEL_CUTS = 4;

/** What a model is made of and judged by. */
export interface Modelling {
  readonly plugin: ModelPlugin;
  /** Settings of the model. */
  readonly overrides: TrainingOverrides;
  /** Columns of the model. */
  readonly features: readonly string[];
  /** What those may name beside the built-in features. */
  readonly knownFeatures: Iterable<Feature>;
  /** Settings of costs, or of the env that the model is to guide an agent in: they may name parts and features. */
  readonly env: Readonly<Record<string, unknown>>;
  readonly parts: EnvParts;
  /** Absent for a table. */
  readonly candles?: Candles;
}

/**
 * Refuses to fit what could not have been known.
 * @returns what could not be proved, a sentence each; nothing where all comes with the framework
 * @throws ConfigError `look-ahead` naming the column, the row and how far ahead it reads
 */
export async function requireSoundModel(modelling: Modelling): Promise<readonly string[]> {
  const { leaks, doubts } = await proveParts(usedBy(modelling), modelling.candles);
  if (leaks.length === 0) return doubts;
  throw new ConfigError(
    'look-ahead',
    `${leaks[0]} Nothing that is learnt from it can be traded. Correct it: market-gym check-leaks --plugin FILE shows more.`,
  );
}

function usedBy({ plugin, overrides, features, knownFeatures, env, parts }: Modelling): UsedPart[] {
  const shown = Array.isArray(env.features) ? env.features.map(String) : [];
  const found = [
    ...usedFeatures(features, knownFeatures),
    ...usedFeatures(
      shown.filter((name) => !features.includes(name)),
      parts.features,
    ),
    ...usedCosts(env, parts),
  ];
  // Models of TensorFlow.js are built in too, but made for each program.
  if (!builtInModels.includes(plugin) && plugin.name !== 'tfjs') {
    found.push({ subject: plugin, options: { numCuts: MODEL_CUTS, config: overrides } });
  }
  return found;
}
