/** How `--set` is read. */
import { expect, test } from 'vitest';
import { parseSettings } from '../../../scripts/terminal/settings.ts';

const parse = (...settings: string[]) => parseSettings(settings, ['agent', 'env']);

test('a value is JSON where it can be, and text where it cannot', () => {
  expect(parse('agent.learningRate=1e-3', 'agent.hidden=[32, 16]', 'env.reward=log-return')).toEqual({
    agent: { learningRate: 1e-3, hidden: [32, 16] },
    env: { reward: 'log-return' },
  });
  expect(parse('env.a=true', 'env.b=null', 'env.c=', 'env.d="1"').env).toEqual({
    a: true,
    b: null,
    c: '',
    d: '1',
  });
});

test('every part is there, with or without settings', () => {
  expect(parse()).toEqual({ agent: {}, env: {} });
});

test('a value may hold equals signs, dots and line breaks', () => {
  expect(parse('agent.note=a=b.c\nd').agent).toEqual({ note: 'a=b.c\nd' });
});

test('the last of several values for one key counts', () => {
  expect(parse('agent.gamma=0.9', 'agent.gamma=0.5').agent).toEqual({ gamma: 0.5 });
});

test.each(['', '=', 'agent', 'agent=1', 'agent.=1', '.gamma=1', 'gamma=1'])(
  '"%s" is refused with the form to write',
  (setting) => {
    expect(() => parse(setting)).toThrow(
      expect.objectContaining({
        code: 'invalid-setting',
        message: `Cannot read --set ${setting}; write agent.key=value or env.key=value.`,
      }),
    );
  },
);

test('an unknown part is refused with the nearest one', () => {
  expect(() => parse('agnt.gamma=1')).toThrow(
    'Unknown part "agnt" in --set agnt.gamma=1. Did you mean "agent"?',
  );
  expect(() => parse('__proto__.gamma=1')).toThrow('Unknown part "__proto__"');
});

test('a key that objects inherit is a key like any other', () => {
  expect(Object.keys(parse('agent.__proto__=1').agent)).toEqual(['__proto__']);
});
