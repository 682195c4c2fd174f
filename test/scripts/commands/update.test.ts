/** `market-gym update` as a process: a supervised model on candles, a policy on a tape, and what is refused. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createRng } from '../../../core/rng.ts';

import { ModelRegistry } from '../../../storage/model-registry.ts';
import {
  CONFIG,
  createModel,
  Play,
  reversingBooks,
  START_MS,
  saveModel,
} from '../../continual/continual-market.ts';
import { CANDLE_HEADER, candleFile, Workplace } from '../command-line.ts';

const place = new Workplace();
const DAY_MS = 86_400_000;
const FIRST_MS = Date.UTC(2015, 0, 1);

/** Daily closes by their returns. */
function candles(returns: readonly number[]): string {
  let close = 100;
  const lines = returns.map((value, day) => {
    const open = close;
    close *= 1 + value;
    const date = new Date(FIRST_MS + day * DAY_MS).toISOString().slice(0, 10);
    return [date, open, 1.001 * Math.max(open, close), 0.999 * Math.min(open, close), close, 1000].join();
  });
  return candleFile(lines, CANDLE_HEADER);
}

const rng = createRng('update');
/** Nothing can be learnt from the first 200 days; from then on most days go on as the one before. */
const noise = Array.from({ length: 200 }, () => 0.01 * rng.gaussian());
const trend = Array.from({ length: 400 }, (_, day) => 0.01 * Math.sin(day / 3) + 0.001 * rng.gaussian());

const FIT = ['--model', 'linear', '--set', 'model.maxEpochs=20', '--set', 'data.normalizationBars=30'];
const LABEL = ['--set', 'data.features=["return:1"]', '--set', 'label.horizon=1', '--test-share', '0'];
const learn = (file: string, name: string) => place.run('fit', file, ...FIT, ...LABEL, '--save', name);
const promote = (id: string) => place.run('models', 'promote', id, '--reason', 'by hand');
const update = (...args: string[]) => place.run('update', ...args);
const eventsOf = (id: string, registry = 'registry') => {
  const opened = new ModelRegistry(place.file(registry));
  const events = opened.events(id);
  opened.close();
  return events;
};

beforeAll(async () => {
  place.write('old.csv', candles(noise));
  place.write('new.csv', candles([...noise, ...trend]));
  const isWeekday = (line: string) => ![0, 6].includes(new Date(line.slice(0, 10)).getUTCDay());
  const [header, ...lines] = place.read('new.csv').trim().split('\n');
  place.write('weekdays.csv', candleFile(lines.filter(isWeekday), header));
  place.write('short.csv', candles(noise.slice(0, 90)));
  place.write('table.csv', `x,side\n${trend.map((x) => `${x},${x > 0 ? 'up' : 'down'}`).join('\n')}\n`);
  for (const [file, name] of [
    ['old.csv', 'signal'],
    ['new.csv', 'late'],
    ['old.csv', 'unused'],
    ['old.csv', 'weekday'],
  ]) {
    expect(await learn(file, name)).toMatchObject({ code: 0, stderr: '' });
  }
  const table = await place.run(
    ...['fit', 'table.csv', '--model', 'linear', '--label', 'side', '--save', 'table'],
    ...['--set', 'model.maxEpochs=2'],
  );
  expect(table).toMatchObject({ code: 0, stderr: '' });
  for (const id of ['signal@1', 'late@1', 'table@1', 'weekday@1']) expect((await promote(id)).code).toBe(0);

  const registry = new ModelRegistry(place.file('policies'), { create: true });
  registry.promote(saveModel(registry, createModel(1)), 0, { reason: 'by hand' });
  registry.close();
  const play = new Play(
    { tape: place.file('tape'), registry: place.file('policies') },
    { learn: { everyHours: 1e6 } },
  );
  await play.take(reversingBooks({ seed: 1, hours: 13 }), 0, 13, false);
  await play.close();
}, 120_000);
afterAll(() => place.remove());

describe('a supervised model', { timeout: 60_000 }, () => {
  const args = ['--model', 'signal', '--data', 'new.csv', '--forward-days', '100'];

  test('that knows the market of today takes over from one that does not', async () => {
    const { code, stdout, stderr } = await update(...args, '--json');
    expect([code, stderr]).toEqual([0, '']);
    const outcome = JSON.parse(stdout);
    expect(outcome).toMatchObject({ champion: 'signal@1', challenger: 'signal@2', decision: 'promote' });
    const { evidence } = outcome;
    const lastMs = FIRST_MS + 599 * DAY_MS;
    expect(evidence).toMatchObject({
      trial: 1,
      fromMs: lastMs - 100 * DAY_MS,
      toMs: lastMs,
      numPeriods: 100,
      championTrainedToMs: FIRST_MS + 199 * DAY_MS,
    });
    // A day of embargo, less what the purge took.
    expect(evidence.trainedToMs).toBe(lastMs - 102 * DAY_MS);
    expect(evidence.lowerBound).toBeGreaterThan(0);
    expect(evidence.turnoverPerDay).toBeGreaterThan(0);

    const events = eventsOf('signal@2');
    expect(events.map(({ action }) => action)).toEqual(['saved', 'promoted']);
    expect(events[1].evidence).toEqual({ reasons: outcome.reasons, ...evidence });
    expect(eventsOf('signal@1').at(-1)).toMatchObject({
      action: 'archived',
      evidence: { succeededBy: 'signal@2' },
    });
  });

  test('that is no better is rejected and archived, with the evidence, and the champion stays', async () => {
    const { code, stdout } = await update(...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^signal@3 has learnt, and waits to be judged\.\nsignal@3 and signal@2 traded from 2016-05-14T.* to 2016-08-22T.*\nsignal@3 is rejected: .*beyond chance/,
    );
    const events = eventsOf('signal@3');
    expect(events.map(({ action }) => action)).toEqual(['saved', 'rejected', 'archived']);
    expect(events[1].evidence).toMatchObject({ trial: 1, numPeriods: 100 });
    expect((await update(...args, '--json')).stdout).toContain('"trial":2');
    const counted = JSON.parse((await place.run('trials', 'list', '--json')).stdout).trials;
    const updates = counted.filter(({ kind }: { kind: string }) => kind === 'update');
    expect(updates.length).toBeGreaterThanOrEqual(2);
    expect(updates[0]).toMatchObject({ label: 'linear after signal@2', ledTo: 'signal@4', seeds: [1] });
    expect(updates[0].numTest).toBeGreaterThan(50);
    expect((await place.run('models', 'list', 'signal')).stdout).toMatch(/signal@2 .*champion/);
  });
});

test('bars may be far apart: the embargo counts from the first one that is traded', async () => {
  // One of these stretches begins on each day of the week; the longest first, since a champion must not know the next.
  for (let days = 106; days >= 100; days--) {
    await update('--model', 'weekday', '--data', 'weekdays.csv', '--forward-days', String(days));
  }
  const registry = new ModelRegistry(place.file('registry'));
  const judged = registry.events().filter(({ id, action }) => /^weekday/.test(id) && action !== 'saved');
  registry.close();
  expect(judged.filter(({ evidence }) => 'trial' in (evidence as object)).length).toBe(7);
  expect(JSON.stringify(judged)).not.toContain('learnt from data');
});

describe('a policy', { timeout: 120_000 }, () => {
  const args = [
    ...['--model', 'policy', '--registry', 'policies', '--tape', 'tape', '--forward-days', '0.25'],
    ...['--embargo-hours', '0.5', '--span-hours', '6', '--set', 'agent.learningRate=0.003'],
    ...['--set', 'gate.freeTurnoverPerDay=1e5', '--set', 'gate.maxDrawdown=0.9'],
  ];

  test('that has learnt the edge from the tape takes over, and is judged by hours it has not seen', async () => {
    const { code, stdout, stderr } = await update(...args, '--steps', '20000', '--json');
    expect([code, stderr]).toEqual([0, '']);
    const { decision, challenger, evidence } = JSON.parse(stdout);
    expect([decision, challenger]).toEqual(['promote', 'policy@2']);
    expect(evidence.trainedToMs + 0.5 * 3_600_000).toBeLessThanOrEqual(evidence.fromMs);
    expect(evidence.toMs - evidence.fromMs).toBeGreaterThanOrEqual(0.25 * DAY_MS);
    expect(eventsOf('policy@2', 'policies').map(({ action }) => action)).toEqual(['saved', 'promoted']);
  });

  test('that has hardly learnt anything is rejected', async () => {
    const { stdout } = await update(...args, '--steps', '4');
    expect(stdout).toMatch(/\npolicy@3 is rejected: /);
    const events = eventsOf('policy@3', 'policies');
    expect(events.map(({ action }) => action)).toEqual(['saved', 'rejected', 'archived']);
  });

  test('counts in the ledger with its returns by period, and is told what the trials leave of it', async () => {
    const { trials } = JSON.parse((await place.run('trials', 'list', '--json')).stdout);
    const own = trials.filter(({ label }: { label: string }) => label.startsWith('policy after'));
    expect(own.map(({ ledTo }: { ledTo: string }) => ledTo).sort()).toEqual(['policy@2', 'policy@3']);
    for (const { numTest } of own) expect(numTest).toBeGreaterThan(100);
    const { stdout } = await update(...args, '--steps', '4');
    expect(stdout).toMatch(
      /\npolicy@4 is rejected: .*\nTrials on these data and this test span: 2, this one included/,
    );
  });

  test('that may have seen the forward hours is not judged by them', async () => {
    const longer = [...args];
    longer[longer.indexOf('0.25')] = '0.3';
    const { code, stderr } = await update(...longer);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^policy@2 has learnt from data up to .*or judge by --forward-days 0.2\d\.\n$/),
    ]);
  });
});

describe('a policy that came from a run', { timeout: 120_000 }, () => {
  const HOUR_MS = 3_600_000;
  const run = (...args: string[]) => place.run(...args, '--registry', 'runs');
  const update = (days: string) =>
    run(
      ...['update', '--model', 'bought', '--tape', 'tape', '--forward-days', days, '--embargo-hours', '0.5'],
      ...['--span-hours', '4', '--steps', '4', '--json'],
    );
  const hour = (hours: number) => START_MS + hours * HOUR_MS;
  const manifestOf = (id: string) => {
    const registry = new ModelRegistry(place.file('runs'));
    const { manifest } = registry.get(id);
    registry.close();
    return manifest;
  };
  const addRun = async () => {
    const { stdout } = await run('models', 'add', 'run', '--name', 'bought', '--json');
    return manifestOf(JSON.parse(stdout).id).data;
  };

  test('brings the dates of what it was trained on, and is not judged by hours that it knows', async () => {
    const settings = Object.entries(CONFIG.env).flatMap(([key, value]) => [
      ...['--set', `env.${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`],
    ]);
    const trained = await place.run(
      ...['train', '--agent', 'ppo', '--env', 'trading-books', '--data', 'tape:tape', ...settings],
      ...[
        '--set',
        'agent.hidden=[8]',
        '--steps',
        '512',
        '--envs',
        '2',
        '--evaluate-every',
        '0',
        '--out',
        'run',
      ],
    );
    expect(trained).toMatchObject({ code: 0, stderr: '' });
    const data = await addRun();
    // The first of the three parts that a run cuts its data into, and not a moment of the others.
    expect(data?.fromMs).toBe(hour(0));
    expect(data?.toMs).toBeGreaterThan(hour(7.7));
    expect(data?.toMs).toBeLessThan(hour(7.9));
    expect((await run('models', 'show', 'bought')).stdout).toMatch(/data +2023-11-14 .* to 2023-11-15 /);

    expect((await run('models', 'promote', 'bought@1', '--reason', 'by hand')).code).toBe(0);
    const refused = await update('0.25');
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(
        /^bought@1 has learnt from data up to 2023-11-15T06:01.*or judge by --forward-days 0\.1\d\.\n$/,
      ),
    ]);
    const [, days] = /--forward-days ([\d.]+)\.\n$/.exec(refused.stderr) ?? [];
    const judged = await update(days);
    expect([judged.code, judged.stderr]).toEqual([0, '']);
    const { evidence } = JSON.parse(judged.stdout);
    expect(evidence.championTrainedToMs).toBe(data?.toMs);
    expect(evidence.fromMs).toBeGreaterThanOrEqual(evidence.championTrainedToMs + 0.5 * HOUR_MS);
  });

  test('keeps them where the data are gone, and is asked for its data where it has noted none', async () => {
    const noted = await addRun();
    const text = place.read('run/run.json');
    const spec = JSON.parse(text);
    const { trained, ...older } = spec.data;
    expect(noted).toEqual({ hash: spec.data.sha256, ...trained });
    place.write('run/run.json', JSON.stringify({ ...spec, data: { ...spec.data, path: 'tape:gone' } }));
    expect(await addRun()).toEqual(noted);
    place.write('run/run.json', JSON.stringify({ ...spec, data: older }));
    expect(await addRun()).toEqual(noted);
    place.write('run/run.json', JSON.stringify({ ...spec, data: { ...older, path: 'tape:gone' } }));
    expect(await addRun()).toBeUndefined();
    place.write('run/run.json', text);
  });

  test('of candles has the end of the last bar that its envs were given', async () => {
    const trained = await place.run(
      ...['train', '--agent', 'ppo', '--data', 'new.csv', '--validate-from', '2016-01-01'],
      ...['--test-from', '2016-06-01', '--set', 'env.normalizationBars=30', '--set', 'agent.hidden=[4]'],
      ...['--steps', '64', '--envs', '1', '--evaluate-every', '0', '--out', 'daily'],
    );
    expect(trained).toMatchObject({ code: 0, stderr: '' });
    const { stdout } = await run('models', 'add', 'daily', '--name', 'daily', '--json');
    expect(manifestOf(JSON.parse(stdout).id).data).toMatchObject({
      fromMs: FIRST_MS,
      toMs: Date.UTC(2016, 0, 1),
    });
  });
});

describe('what cannot be is refused, and nothing is saved', { timeout: 60_000 }, () => {
  const data = ['--data', 'new.csv'];
  const signal = (...args: string[]) => ['--model', 'signal', ...args];
  const policy = (...args: string[]) => ['--model', 'policy', '--registry', 'policies', ...args];
  const numSaved = () => [...place.list('registry/artifacts'), ...place.list('policies/artifacts')].length;
  test.each<[string, string[], RegExp]>([
    ['neither data nor tape', signal(), /Name the newer data/],
    ['both', signal(...data, '--tape', 'tape'), /Name the newer data/],
    ['no such registry', signal(...data, '--registry', 'nowhere'), /holds no model registry/],
    ['no such model', ['--model', 'signl', ...data], /No model "signl.*Did you mean "signal"/],
    ['no champion', ['--model', 'unused', ...data], /Model "unused" has no champion.*models promote/],
    ['another version', ['--model', 'signal@1', ...data], /Only the champion.*--model signal/],
    ['a table model', ['--model', 'table', ...data], /trained on a table/],
    ['no such file', signal('--data', 'nowhere.csv'), /nowhere\.csv/],
    ['no such tape', policy('--tape', 'nowhere'), /holds no tape/],
    ['a policy and candles', policy(...data), /is a policy: update it from the tape/],
    ['a signal and a tape', signal('--tape', 'tape'), /is a supervised model: update it from candles/],
    ['settings of another', signal(...data, '--set', 'agent.learningRate=1'), /for policies/],
    ['an unknown setting', policy('--tape', 'tape', '--set', 'gate.maxDrawdwn=1'), /"maxDrawdown"/],
    ['no forward days', signal(...data, '--forward-days', '0'), /forwardDays/],
    ['too few candles', signal('--data', 'short.csv', '--forward-days', '80'), /holds 89\.0 days: too few/],
    ['too few days', signal(...data, '--forward-days', '1000'), /holds 599\.0 days: too few/],
    ['too short a tape', policy('--tape', 'tape'), /holds 0\.5 days: too few/],
    [
      'a champion that knows the forward days',
      ['--model', 'late', ...data],
      /^late@1 has learnt from data up to 2016-08-22T.*fairly from 2016-07-23T.*bring newer data\.\n$/,
    ],
  ])('%s', async (_, args, pattern) => {
    const before = numSaved();
    const { code, stdout, stderr } = await update(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(pattern);
    expect(numSaved()).toBe(before);
  });

  test('as one line with exit code 2', async () => {
    const { code, stdout, stderr } = await update(...policy(...data));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^"policy@\d" is a policy: .*\n$/);
    expect((await update(...signal('--data'))).stderr).toMatch(/^Not enough arguments.*data.*\n$/);
  });
});
