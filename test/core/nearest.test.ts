import { describe, expect, test } from 'vitest';
import { nearest, suggestion } from '../../core/nearest.ts';

describe('nearest', () => {
  const names = ['ppo', 'dqn', 'ddpg', 'buy-and-hold', 'learningRate'];
  test.each([
    ['pppo', 'ppo'],
    ['PPO', 'ppo'],
    ['po', 'ppo'],
    ['ppo', 'ppo'],
    ['dpg', 'ddpg'],
    ['buyandhold', 'buy-and-hold'],
    ['learning_rate', 'learningRate'],
    ['lerningRaet', 'learningRate'],
  ])('takes "%s" for "%s"', (name, expected) => {
    expect(nearest(name, names)).toBe(expected);
  });

  test.each(['sarsa-lambda', 'gradient', 'xyzw'])('takes "%s" for none of them', (name) => {
    expect(nearest(name, names)).toBeUndefined();
  });

  test('prefers the closest, and of two as close the first', () => {
    expect(nearest('abcd', ['abxy', 'abcx'])).toBe('abcx');
    expect(nearest('abcd', ['abcx', 'abcy'])).toBe('abcx');
    expect(nearest('abcd', [])).toBeUndefined();
  });

  test('allows two changes in a short name and a third of a long one', () => {
    expect(nearest('abcdef', ['abcdxy'])).toBe('abcdxy');
    expect(nearest('abcdef', ['abcxyz'])).toBeUndefined();
    expect(nearest('abcdefghijkl', ['abcdefghwxyz'])).toBe('abcdefghwxyz');
    expect(nearest('abcdefghijkl', ['abcdefgvwxyz'])).toBeUndefined();
  });
});

test('a suggestion is the nearest name, else the list, else nothing', () => {
  expect(suggestion('pppo', new Map([['ppo', 1]]).keys())).toBe(' Did you mean "ppo"?');
  expect(suggestion('something-else', ['ppo', 'dqn'])).toBe(' Known: ppo, dqn.');
  expect(suggestion('ppo', [])).toBe('');
});
