/** What an experiment file may say of a search. */
import { z } from '../../core/config.ts';
import { spaceSchema } from './space.ts';

/** More than this is likelier a mistyped number than a wish. */
export const MAX_TRIALS = 100_000;

const part = z
  .union([z.string(), z.looseObject({ name: z.string() })], {
    error: 'expected a name, or { name, … } with its settings',
  })
  .transform((value) => (typeof value === 'string' ? { name: value } : value));

export const searchSchema = z.strictObject({
  space: z
    .union([z.literal('default'), spaceSchema], { error: 'expected "default", or parameters by name' })
    .default('default')
    .describe('what is varied: { "agent.learningRate": { "logUniform": [1e-5, 1e-2] }, … }, or "default"'),
  trials: z.int().min(1).max(MAX_TRIALS).default(50).describe('settings that are tried; default 50'),
  sampler: part.prefault('tpe').describe('who proposes them: tpe, cma-es, sobol, random, grid, or a plugin'),
  pruner: part.prefault('none').describe('who ends trials early: none, asha, median, patience, or a plugin'),
  seed: z.int().min(0).default(1).describe('of the sampler'),
  objective: z
    .union([z.string(), z.array(z.string()).min(1).max(4)])
    .default('meanReturn')
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .describe(
      'on the validation span: meanReturn, or figures of the account such as sharpe; several make a front',
    ),
  finalists: z
    .int()
    .min(1)
    .default(4)
    .describe(
      'the best, which are tried with more and more of the seeds while half of them is left each time',
    ),
});

export type SearchSettings = z.output<typeof searchSchema>;
