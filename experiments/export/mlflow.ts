/**
 * Writes a run in the file layout of MLflow: `mlruns/<experiment>/<run>/` with `meta.yaml`, `params`, `metrics`, `tags`, `artifacts`.
 *
 * Source: MLflow's FileStore (mlflow/store/tracking/file_store.py): a metric is a file of lines `timestamp value step`, a parameter and a
 * tag a file of its text; slashes in a name are folders.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { attempt, makeDirectory, writeFileAtomic } from '../../storage/atomic.ts';
import { RunDirectory } from '../../storage/run-directory.ts';
import { readRunSpec } from '../run/spec.ts';

/** MLflow's `RunStatus.FINISHED` and `SourceType.LOCAL`. */
const FINISHED = 3;
const LOCAL = 4;
/** Longer values of parameters are refused by MLflow. */
const MAX_PARAMETER = 6000;
const ARTIFACTS = ['run.json', 'log.jsonl', 'log.csv', 'report.html', 'costs.json'];

export interface MlflowRun {
  readonly experiment: string;
  readonly experimentId: string;
  readonly runId: string;
  /** Folder of the run. */
  readonly path: string;
}

/**
 * The same run exported again takes the place of what was written before. Metrics carry the time of the log's last row: a run's log
 * has steps and no times.
 * @param run directory that `train` wrote
 * @param out the folder `mlruns`; runs are added to those in it
 * @throws StorageError `no-run`, `unreadable-run`, `corrupt-log`, `write-failed`
 */
export function exportMlflow(run: string, out: string): MlflowRun {
  const directory = new RunDirectory(run);
  const spec = readRunSpec(directory);
  const rows = directory.readLog();
  const experiment = `${spec.env.name}${spec.data === undefined ? '' : ` on ${spec.data.path}`}`;
  const experimentId = decimalId(experiment);
  const runId = createHash('sha256')
    .update(`${resolve(run)}\n${JSON.stringify(spec)}`)
    .digest('hex')
    .slice(0, 32);
  const root = resolve(out);
  const path = join(root, experimentId, runId);
  const startMs = changedMs(join(run, 'run.json'));
  const endMs = existsSync(join(run, 'log.jsonl')) ? changedMs(join(run, 'log.jsonl')) : startMs;
  makeDirectory(join(path, 'artifacts'));
  writeText(join(root, experimentId, 'meta.yaml'), [
    `artifact_location: ${quoted(pathToFileURL(join(root, experimentId)).href)}`,
    `creation_time: ${startMs}`,
    `experiment_id: '${experimentId}'`,
    `last_update_time: ${endMs}`,
    'lifecycle_stage: active',
    `name: ${quoted(experiment)}`,
  ]);
  const name = `${spec.agent.name}, seed ${spec.seed}`;
  writeText(join(path, 'meta.yaml'), [
    `artifact_uri: ${quoted(pathToFileURL(join(path, 'artifacts')).href)}`,
    `end_time: ${endMs}`,
    "entry_point_name: ''",
    `experiment_id: '${experimentId}'`,
    'lifecycle_stage: active',
    `run_id: ${runId}`,
    `run_name: ${quoted(name)}`,
    `run_uuid: ${runId}`,
    "source_name: ''",
    `source_type: ${LOCAL}`,
    `source_version: ${quoted(spec.version)}`,
    `start_time: ${startMs}`,
    `status: ${FINISHED}`,
    'tags: []',
    "user_id: ''",
  ]);
  writeEach(join(path, 'tags'), [
    ['mlflow.runName', name],
    ['mlflow.source.name', 'market-gym'],
    ['market_gym.run', resolve(run)],
  ]);
  writeEach(join(path, 'params'), parametersOf(spec));
  writeEach(join(path, 'metrics'), metricsOf(rows, endMs));
  for (const file of ARTIFACTS) {
    const from = join(run, file);
    if (existsSync(from)) attempt('write', path, () => cpSync(from, join(path, 'artifacts', file)));
  }
  return { experiment, experimentId, runId, path };
}

/** MLflow's ids of experiments are decimal numbers. */
function decimalId(name: string): string {
  const digest = createHash('sha256').update(name).digest();
  return String(digest.readBigUInt64BE(0) % 1_000_000_000_000_000_000n).padStart(18, '1');
}

function changedMs(path: string): number {
  return attempt('read', path, () => Math.round(statSync(path).mtimeMs));
}

function parametersOf(spec: ReturnType<typeof readRunSpec>): [string, string][] {
  const { agent, env, data, seed, numEnvs, totalSteps, version } = spec;
  const settings = (prefix: string, config: Readonly<Record<string, unknown>>) =>
    Object.entries(config).map(([key, value]): [string, string] => [
      `${prefix}.${key}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
  return [
    ['agent', agent.name],
    ['env', env.name],
    ['seed', `${seed}`],
    ['envs', `${numEnvs}`],
    ['steps', `${totalSteps}`],
    ['version', version],
    ...(data === undefined
      ? []
      : ([
          ['data', data.path],
          ['data.sha256', data.sha256],
        ] as [string, string][])),
    ...settings('agent', agent.config),
    ...settings('env', env.config),
  ];
}

/** `update/loss`: a line a row, `timestamp value step`. */
function metricsOf(
  rows: readonly { readonly step: number; readonly [name: string]: unknown }[],
  timeMs: number,
): [string, string][] {
  const lines = new Map<string, string[]>();
  for (const { step, kind, ...values } of rows) {
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== 'number' || !Number.isFinite(value)) continue;
      const key = `${String(kind)}/${name}`;
      if (!lines.has(key)) lines.set(key, []);
      lines.get(key)!.push(`${timeMs} ${value} ${step}\n`);
    }
  }
  return [...lines].map(([key, texts]) => [key, texts.join('')]);
}

function writeEach(folder: string, files: readonly (readonly [name: string, text: string])[]): void {
  makeDirectory(folder);
  for (const [name, text] of files) {
    const parts = name.split('/').map((part) => part.replace(/[^\w .:-]/g, '_'));
    const path = join(folder, ...parts);
    makeDirectory(join(path, '..'));
    writeFileAtomic(path, folder.endsWith('params') ? text.slice(0, MAX_PARAMETER) : text);
  }
}

function writeText(path: string, lines: readonly string[]): void {
  writeFileAtomic(path, `${lines.join('\n')}\n`);
}

/** A YAML string in double quotes is one of JSON. */
const quoted = (text: string): string => JSON.stringify(text);
