/** What MLflow's file store reads, file by file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportMlflow } from '../../../experiments/export/mlflow.ts';
import { Workplace } from '../../scripts/command-line.ts';

let place: Workplace;
beforeAll(async () => {
  place = new Workplace();
  const short = ['--steps', '256', '--set', 'agent.rolloutSteps=16', '--evaluate-every', '128'];
  await place.run('train', '--env', 'cartpole', ...short, '--evaluate-episodes', '1', '--out', 'run');
});
afterAll(() => place?.remove());

describe('a run in the file layout of MLflow', () => {
  const read = (...names: string[]) => readFileSync(join(...names), 'utf8');

  test('has its settings as parameters, its log as metrics, its files as artifacts', async () => {
    const written = await place.run('export', 'run', '--to', 'mlflow', '--out', 'mlruns', '--json');
    const { path, experimentId, runId } = JSON.parse(written.stdout);
    expect(path).toBe(place.file(`mlruns/${experimentId}/${runId}`));
    expect(experimentId).toMatch(/^\d{18}$/);
    expect(runId).toMatch(/^[0-9a-f]{32}$/);
    const meta = read(path, 'meta.yaml');
    expect(meta).toContain(`experiment_id: '${experimentId}'\n`);
    expect(meta).toContain('status: 3\n');
    expect(meta).toMatch(/artifact_uri: "file:\/\/.*artifacts"\n/);
    expect(read(path, '..', 'meta.yaml')).toContain('name: "cartpole"\n');
    expect(read(path, 'params', 'agent')).toBe('ppo');
    expect(read(path, 'params', 'agent.gamma')).toBe('0.99');
    const lines = read(path, 'metrics', 'update', 'meanReturn').trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(/^\d{13} -?[\d.e-]+ \d+$/);
    expect(lines.length).toBeGreaterThan(0);
    expect(read(path, 'tags', 'mlflow.runName')).toBe('ppo, seed 1');
    expect(readdirSync(join(path, 'artifacts')).sort()).toEqual(['log.jsonl', 'run.json']);
  });

  test('takes the place of what was exported before', () => {
    const [run, out] = [place.file('run'), place.file('again')];
    const first = exportMlflow(run, out);
    expect(exportMlflow(run, out)).toEqual(first);
    expect(readdirSync(out)).toEqual([first.experimentId]);
  });

  test('is refused for a folder that holds no run, and nothing is written', async () => {
    const { code, stderr } = await place.run('export', 'folder', '--to', 'mlflow', '--out', 'none');
    expect([code, stderr.trim().split('\n').length]).toEqual([2, 1]);
    expect(place.exists('none')).toBe(false);
  });
});
