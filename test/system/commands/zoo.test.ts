import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseExperiment } from '../../../experiments/file.ts';
import { planExperiment } from '../../../experiments/plan.ts';
import { loadCatalog } from '../../../experiments/plugins/catalog.ts';
import { formatScore } from '../../../experiments/results.ts';
import { zooEntries, zooExperiment } from '../../../experiments/zoo.ts';
import { Workplace } from '../../scripts/command-line.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place?.remove());

describe('the experiment', () => {
  test('plans five seeds of every entry whose agent and env are there, with settings that they take', async () => {
    const { agents, envs } = await loadCatalog();
    const entries = zooEntries.filter(({ agent, env }) => agents.has(agent) && envs.has(env));
    const experiment = parseExperiment(zooExperiment(entries, false), 'zoo');
    const trials = await planExperiment(experiment, place.file('zoo'));
    expect(trials).toHaveLength(5 * entries.length);
    for (const { name, env, envConfig = {}, numEnvs, totalSteps, config } of entries) {
      const own = trials.filter(({ agent }) => agent === name);
      expect(own.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5]);
      for (const { spec, judging } of own) {
        expect(spec).toMatchObject({
          numEnvs,
          totalSteps,
          env: { name: env, config: envConfig },
          agent: { config },
          evaluateEvery: 0,
        });
        expect(judging).toMatchObject({ checkpoint: 'final', episodes: 100 });
      }
    }
  });
});

describe('the command', { concurrent: true }, () => {
  test('prints our scores beside the published ones', async () => {
    const { code, stdout } = await place.spawn('zoo', '--short', '--only', 'ppo-cartpole', '--out', 'short');
    expect(code).toBe(0);
    const { scores, median } = JSON.parse(place.read('short/results.json')).entries[0];
    expect(scores).toHaveLength(1);
    expect(scores[0]).toBeGreaterThan(100);
    expect(median).toBe(scores[0]);
    const shown = formatScore(median);
    expect(stdout).toMatch(new RegExp(`^ppo-cartpole +25,000 +${shown} +${shown} +500 ± 0$`, 'm'));
  });

  test('knows its entries', async () => {
    expect(await place.run('zoo', '--only', 'ppo-cartpol')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'The zoo has no entry "ppo-cartpol". Did you mean "ppo-cartpole"?\n',
    });
  });
});
