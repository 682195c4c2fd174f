/** `data download` on the command line: what it prints, and how it fails. */
import { zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../../experiments/data/download/part-store.ts';
import { ArchiveServer, status } from '../../experiments/data/download/archive-server.ts';
import { Workplace } from '../command-line.ts';

const server = new ArchiveServer();
const workplace = new Workplace();
const DAY = 86_400_000;
const START = Date.UTC(2024, 0, 1);
const PATH = '/data/spot/monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2024-01.zip';

beforeAll(async () => {
  await server.start();
  const rows = Array.from({ length: 31 }, (_, day) => {
    const timeMs = START + day * DAY;
    return [timeMs, 100, 102, 99, 101, 5, timeMs + DAY - 1, 500, 3, 2, 200, 0].join(',');
  });
  const zip = zipSync({ 'BTCUSDT-1d-2024-01.csv': Buffer.from(rows.join('\n')) });
  server.files.set(PATH, zip);
  server.files.set(`${PATH}.CHECKSUM`, `${sha256(zip)}  BTCUSDT-1d-2024-01.zip`);
});
afterAll(async () => {
  await server.stop();
  workplace.remove();
});

const download = (out: string, ...more: string[]) => {
  const span = ['--from', '2024-01-01', '--to', '2024-02-01', '--out', out, '--base-url', server.url];
  return workplace.run(
    'data',
    'download',
    '--source',
    'binance-vision',
    '--symbol',
    'BTCUSDT',
    '--bars',
    '1d',
    ...span,
    ...more,
  );
};

test('what was written is said, and other commands read it', async () => {
  const { code, stdout } = await download('history');
  expect(code).toBe(0);
  expect(stdout).toContain(
    'BTCUSDT-1d.parquet: BTCUSDT, 31 rows, 2024-01-01T00:00:00.000Z to 2024-01-31T00:00:00.000Z',
  );
  const described = await workplace.run('data', 'describe', 'history/BTCUSDT-1d.parquet', '--json');
  expect(JSON.parse(described.stdout)).toMatchObject({ rows: 31, stepMs: DAY });
  expect(JSON.parse((await download('history', '--json')).stdout)).toMatchObject({
    download: { source: 'binance-vision' },
  });
});

test('a mistake, and a source that refuses, are one line and exit code 2', async () => {
  server.faults.set(PATH, [status(451)]);
  for (const outcome of [
    await download('refused'),
    await download('bad', '--base-url', 'vision'),
    await download('bad', '--from', 'soon'),
    await download('bad', '--bars', 'ticks:5'),
    await download('bad', '--symbol', ','),
  ]) {
    expect(outcome.code).toBe(2);
    expect(outcome.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(outcome.stdout).toBe('');
  }
  expect(workplace.exists('bad')).toBe(false);
});

test('Ctrl-C is reported as a shell expects it', async () => {
  const interrupt = AbortSignal.abort();
  const args = [
    '--source',
    'binance-vision',
    '--symbol',
    'BTCUSDT',
    '--from',
    '2024-01-01',
    '--out',
    'stopped',
  ];
  const { code, stderr } = await workplace.runUntil(
    interrupt,
    'data',
    'download',
    ...args,
    '--base-url',
    server.url,
  );
  expect(code).toBe(130);
  expect(stderr).toContain('the same command goes on');
});
