/** Searches over settings by the command line, in processes of their own. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Workplace } from '../../scripts/command-line.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  place.write('search.json', JSON.stringify(SEARCH));
});
afterAll(() => place?.remove());

const SEARCH = {
  name: 'search',
  steps: 1024,
  envs: 4,
  evaluateEvery: 256,
  evaluateEpisodes: 2,
  seeds: 2,
  tasks: [{ env: 'cartpole' }],
  agents: [{ agent: 'ppo', config: { rolloutSteps: 16, epochs: 2 } }],
  search: {
    space: { 'agent.learningRate': { logUniform: [1e-4, 1e-1] }, 'agent.gamma': { choice: [0.9, 0.99] } },
    trials: 4,
    sampler: { name: 'tpe', startupTrials: 3, concurrency: 2 },
    pruner: { name: 'asha', reduction: 2 },
    finalists: 2,
  },
};

const search = (out: string, workers: number) =>
  place.start('experiment', 'search.json', '--out', out, '--workers', String(workers), '--no-ledger');

test('a search comes to the same file, byte for byte, on one process, on two, and after a kill', async () => {
  const one = await search('one', 1).outcome;
  expect(one).toMatchObject({ code: 0 });
  expect(one.stdout).toMatch(/cartpole ppo: 4 trials, \d finished, \d ended early/);
  expect(one.stdout).toMatch(/With 2 seeds each, meanReturn is #\d/);

  const broken = search('two', 2);
  const timer = setInterval(() => {
    if (place.list('two/cartpole').length < 3) return;
    clearInterval(timer);
    broken.process.kill('SIGKILL');
  }, 5);
  expect((await broken.outcome).code).toBeNull();
  expect(place.exists('two/results.json')).toBe(false);
  expect((await search('two', 2).outcome).code).toBe(0);

  expect(place.read('two/results.json')).toBe(place.read('one/results.json'));
  const { searches, cells } = JSON.parse(place.read('one/results.json'));
  expect(searches[0].trials.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2, 3]);
  const status = await place.run('experiment', 'status', 'one');
  expect(status).toMatchObject({ code: 0, stderr: '' });
  expect(status.stdout).toMatch(
    /^search: ended; \d+ runs finished of \d+ begun, 4 planned; [\d,]+ of 4,096 env steps\.\n/,
  );
  expect(status.stdout).toMatch(/cartpole ppo +\d+ +\d+ +0 /);
  expect(place.read('one/experiment.html')).toContain('the winner is #');
  expect(place.read('one/trials.csv').split('\n')).toHaveLength(6);
  expect((await place.run('experiment', 'status', 'elsewhere')).stderr).toMatch(
    /^"elsewhere" holds no experiment; /,
  );
  // Nobody but the winner is judged.
  expect(cells).toHaveLength(1);
  expect(cells[0]).toMatchObject({ agent: searches[0].winner.label, seeds: [1, 2] });
}, 240_000);

test('on market data every trial is in the ledger, and the verdict on the winner allows for all', async () => {
  place.write(
    'market.json',
    JSON.stringify({
      ...SEARCH,
      name: 'market',
      steps: 256,
      evaluateEvery: 128,
      seeds: 1,
      tasks: [{ env: 'trading', data: 'sp500', envConfig: { normalizationBars: 20 } }],
      search: { ...SEARCH.search, trials: 3, objective: ['sharpe', 'maxDrawdown'], pruner: 'none' },
    }),
  );
  const { code, stdout } = await place.spawn(
    'experiment',
    'market.json',
    '--out',
    'market',
    '--ledger',
    'ledger.db',
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/None is better in every objective than #/);
  expect(stdout).toMatch(/Probability of backtest overfitting of this search: /);
  const listed = await place.run('trials', 'list', '--ledger', 'ledger.db', '--json');
  expect(JSON.parse(listed.stdout).trials).toHaveLength(4);
  const { winners, searches } = JSON.parse(place.read('market/results.json'));
  expect(winners).toHaveLength(1);
  const judged = searches[0].trials.filter(({ index }: { index: number }) =>
    place.exists(`market/trading/ppo-t000${index}/seed-1/result.json`),
  );
  expect(judged).toHaveLength(1);
}, 240_000);

test.each<[string, object, RegExp]>([
  [
    'an unknown setting',
    { space: { 'agent.learningrate': { uniform: [0, 1] } } },
    /"agent.learningrate": Unknown key "learningrate" for agent "ppo"\. Did you mean "learningRate"\?/,
  ],
  [
    'a bound that the agent does not take',
    { space: { 'agent.gamma': { uniform: [0.5, 2] } } },
    /"agent.gamma": Invalid value 2 for "gamma"/,
  ],
  [
    'a name without a part',
    { space: { gamma: { uniform: [0, 1] } } },
    /"gamma" names no setting; begin it with agent/,
  ],
  ['an unknown sampler', { sampler: 'tpee' }, /tpee/],
  ['no trial', { trials: 0 }, /search.trials/],
  ['an empty space', { space: {} }, /the space is empty/],
])('%s is refused in one line before anything is run', async (_, settings, message) => {
  place.write('bad.json', JSON.stringify({ ...SEARCH, search: { ...SEARCH.search, ...settings } }));
  const { code, stderr } = await place.run('experiment', 'bad.json', '--out', 'bad', '--no-ledger');
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(place.exists('bad/cartpole')).toBe(false);
});

test('a search without evaluations is refused', async () => {
  place.write('bad.json', JSON.stringify({ ...SEARCH, evaluateEvery: 0 }));
  const { code, stderr } = await place.run('experiment', 'bad.json', '--out', 'bad', '--no-ledger');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/a search goes by evaluations/),
  });
});
