import { describe, expect, test } from 'vitest';
import { describeConfig, resolveConfig, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';

const schema = z.object({
  learningRate: z.number().positive().default(3e-4).describe('Step size of the optimizer'),
  hiddenSizes: z.array(z.number().int().positive()).default([64, 64]).describe('Units per layer'),
  activation: z.enum(['tanh', 'relu']).default('tanh').describe('Between layers'),
  annealed: z.boolean().default(false),
});

const resolve = (overrides: Record<string, unknown>) => resolveConfig(schema, overrides, 'agent "ppo"');

const errorOf = (overrides: Record<string, unknown>): ConfigError => {
  try {
    resolve(overrides);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('Nothing was thrown.');
};

test('no overrides give the defaults, and an override replaces only its own key', () => {
  const defaults = { learningRate: 3e-4, hiddenSizes: [64, 64], activation: 'tanh', annealed: false };
  expect(resolve({})).toEqual(defaults);
  expect(resolve({ annealed: true })).toEqual({ ...defaults, annealed: true });
});

test('an unknown key is refused with the nearest valid one', () => {
  expect(errorOf({ learnigRate: 1 })).toMatchObject({
    code: 'unknown-key',
    message: 'Unknown key "learnigRate" for agent "ppo". Did you mean "learningRate"?',
  });
});

test('an unknown key far from all others is refused with the list', () => {
  expect(errorOf({ zzzzzzzz: 1 }).message).toBe(
    'Unknown key "zzzzzzzz" for agent "ppo". Known: learningRate, hiddenSizes, activation, annealed.',
  );
});

test.each(['toString', 'constructor', 'hasOwnProperty'])(
  'the inherited name "%s" is an unknown key',
  (key) => {
    expect(errorOf({ [key]: 1 }).code).toBe('unknown-key');
  },
);

describe('an invalid value is refused with its key, what came and what was expected', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'a wrong type',
      { learningRate: 'fast' },
      /^Invalid value "fast" for "learningRate" of agent "ppo": .*number.*\.$/,
    ],
    ['out of range', { learningRate: 0 }, /^Invalid value 0 for "learningRate" of agent "ppo": .*>0\.$/],
    ['a wrong choice', { activation: 'gelu' }, /^Invalid value "gelu" for "activation" of .*"tanh".*"relu"/],
    ['inside a list', { hiddenSizes: [64, 0.5] }, /^Invalid value \[64,0\.5\] for "hiddenSizes\.1" of .*int/],
    [
      'one in place of a list',
      { hiddenSizes: 64 },
      /"hiddenSizes" of agent "ppo": .*array.*; write \[64\]\.$/,
    ],
    ['null', { annealed: null }, /^Invalid value null for "annealed"/],
    ['NaN', { learningRate: Number.NaN }, /^Invalid value NaN for "learningRate"/],
    ['Infinity', { learningRate: Infinity }, /^Invalid value Infinity for "learningRate"/],
  ])('%s', (_, overrides, message) => {
    const error = errorOf(overrides);
    expect(error.code).toBe('invalid-value');
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });
});

test('the description of a schema has every key with its default and meaning', () => {
  expect(describeConfig(schema)).toEqual([
    { key: 'learningRate', default: 3e-4, description: 'Step size of the optimizer' },
    { key: 'hiddenSizes', default: [64, 64], description: 'Units per layer' },
    { key: 'activation', default: 'tanh', description: 'Between layers' },
    { key: 'annealed', default: false, description: '' },
  ]);
});
