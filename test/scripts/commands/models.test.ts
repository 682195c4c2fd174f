/** `market-gym models`, as a user types it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ModelRegistry } from '../../../storage/model-registry.ts';
import { Workplace } from '../command-line.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  const registry = new ModelRegistry(place.file('registry'), { create: true });
  for (const accuracy of [0.5, 0.6]) {
    const details = {
      name: 'direction',
      kind: 'xgboost',
      kindVersion: 1,
      config: { eta: 0.3 },
      pipeline: { features: ['return:1'] },
      metrics: { accuracy },
      codeVersion: '0.1.0',
      createdMs: 0,
    };
    registry.save(details, { 'trees.json': Buffer.from('{}') });
  }
  registry.close();
});
afterAll(() => place?.remove());

const models = (...args: string[]) => place.run('models', ...args);

test('lists, compares, promotes, shows, archives, exports, imports and verifies', async () => {
  const list = await models('list');
  expect(list.stdout).toContain('direction@1  xgboost  candidate  1970-01-01 00:00 UTC  accuracy 0.5');
  expect((await models('compare', 'direction@1', 'direction@2')).stdout).toMatch(/accuracy +0\.5 +0\.6/);
  expect((await models('promote', 'direction@2', '--reason', 'better')).stdout).toBe(
    'direction@2 is the champion of direction.\n',
  );
  const shown = JSON.parse((await models('show', 'direction@champion', '--json')).stdout);
  expect(shown.events.map(({ action }: { action: string }) => action)).toEqual(['saved', 'promoted']);
  expect(shown.events[1].evidence).toEqual({ reason: 'better' });
  await models('export', 'direction', 'exported');
  expect((await models('import', 'exported')).stdout).toBe('exported is direction@3, a candidate.\n');
  await models('archive', 'direction@2', '--reason', 'old');
  const stages = JSON.parse((await models('list', '--json')).stdout).models;
  expect(stages.map(({ stage }: { stage: string }) => stage)).toEqual(['candidate', 'archived', 'candidate']);
  const verified = await models('verify');
  expect(verified).toEqual({ code: 0, stdout: '3 models, 0 damaged.\n', stderr: '' });
});

test.each([
  [['show', 'directoin'], 'No model "directoin" in "registry". Did you mean "direction"?'],
  [['promote', 'direction@1'], 'Missing required argument: reason. See market-gym models promote --help.'],
  [
    ['list', '--registry', 'none'],
    '"none" holds no model registry: there is no registry.db in it. Name another --registry.',
  ],
  [['compare', 'direction'], 'Name two models or more to compare.'],
  [
    ['import', 'missing'],
    'Cannot read "missing/model.json": there is no such file or directory. Check the path.',
  ],
])('a mistake costs one line and exit code 2: %j', async (args, message) => {
  expect(await models(...args)).toEqual({ code: 2, stdout: '', stderr: `${message}\n` });
  expect(place.exists('none')).toBe(false);
});
