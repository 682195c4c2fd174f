import { expect, test } from 'vitest';
import { Registry } from '../../core/registry.ts';

const ppo = { name: 'ppo' };
const dqn = { name: 'dqn' };

test('plugins are found by name, in the order they were added', () => {
  const agents = new Registry('agent', [ppo]).add(dqn);
  expect(agents.get('ppo')).toBe(ppo);
  expect(agents.get('dqn')).toBe(dqn);
  expect(agents.has('dqn')).toBe(true);
  expect(agents.has('sac')).toBe(false);
  expect(agents.names()).toEqual(['ppo', 'dqn']);
  expect([...agents]).toEqual([ppo, dqn]);
});

test('an unknown name is refused with the nearest one, or the list', () => {
  const agents = new Registry('agent', [ppo, dqn]);
  expect(() => agents.get('pppo')).toThrow(
    expect.objectContaining({ code: 'unknown-name', message: 'Unknown agent "pppo". Did you mean "ppo"?' }),
  );
  expect(() => agents.get('actor-critic')).toThrow('Unknown agent "actor-critic". Known: ppo, dqn.');
  expect(() => new Registry('env').get('x')).toThrow('Unknown env "x".');
  expect(() => agents.get('constructor')).toThrow(/Unknown agent "constructor"/);
});

test('the same plugin may be added twice, another of its name may not', () => {
  const agents = new Registry('agent', [ppo]).add(ppo);
  expect(agents.names()).toEqual(['ppo']);
  expect(() => agents.add({ name: 'ppo' })).toThrow(
    expect.objectContaining({
      code: 'duplicate-name',
      message: 'Two agent plugins are named "ppo"; rename one.',
    }),
  );
  expect(agents.get('ppo')).toBe(ppo);
});
