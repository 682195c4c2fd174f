/** `market-gym experiment status FOLDER`: how far an experiment has come, and what its queue holds. */
import { formatTable } from '../../../core/text-table.ts';
import { wait } from '../../../experiments/queue/patience.ts';
import { type QueueStatus, readQueueStatus } from '../../../experiments/queue/status.ts';
import { formatScore } from '../../../experiments/results.ts';
import { type ExperimentStatus, readStatus } from '../../../experiments/status.ts';
import { systemClock } from '../../../live/connection/clock.ts';
import { type Console, createConsole } from '../../terminal/console.ts';
import type { Io } from '../../terminal/io.ts';

export interface StatusRequest {
  readonly folder: string;
  readonly queue?: string;
  /** Seconds between looks; absent: one look. */
  readonly watch?: number;
  readonly json: boolean;
}

/** Clears a terminal, for a table that is drawn again in its place. */
const CLEAR = '\x1b[2J\x1b[H';

/** @returns the exit code, once it has looked, or the experiment has ended */
export async function showStatus({ folder, queue, watch, json }: StatusRequest, io: Io): Promise<number> {
  const console = createConsole({ json }, io);
  const interrupt = watch === undefined ? undefined : io.interrupt();
  for (;;) {
    const status = readStatus(folder);
    const held = queue === undefined ? undefined : await readQueueStatus(queue);
    if (watch !== undefined && io.stdout.isTTY && !json) io.stdout.write(CLEAR);
    sayStatus(status, folder, console);
    if (held !== undefined) sayQueue(held, console);
    console.result({ ...status, ...(held && { queue: held }) });
    if (watch === undefined || status.isEnded || interrupt?.aborted) return 0;
    await wait(1000 * watch, interrupt);
  }
}

function sayStatus(
  { plan, rows, isEnded, leftMs, ...times }: ExperimentStatus,
  folder: string,
  console: Console,
): void {
  const numRuns = rows.reduce((sum, row) => sum + row.numRuns, 0);
  const numFinished = rows.reduce((sum, row) => sum + row.numFinished, 0);
  const steps = rows.reduce((sum, row) => sum + row.steps, 0);
  const parts = [
    `${plan?.name ?? folder}: ${isEnded ? 'ended' : 'under way'}`,
    `${numFinished} runs finished of ${numRuns} begun${plan === undefined ? '' : `, ${plan.numTrials} planned`}`,
    `${steps.toLocaleString('en')}${plan === undefined ? '' : ` of ${plan.totalSteps.toLocaleString('en')}`} env steps`,
    ...(leftMs === undefined ? [] : [`${duration(leftMs)} left at this pace`]),
    ...(isEnded || !Number.isFinite(times.changedMs)
      ? []
      : [`last sign of life ${duration(systemClock.nowMs() - times.changedMs)} ago`]),
  ];
  console.say(`${parts.join('; ')}.`);
  if (rows.length === 0) return;
  const head = ['', 'begun', 'finished', 'failed', 'env steps', 'best evaluation'];
  const table = rows.map((row) => [
    `${row.task} ${row.agent}`,
    String(row.numRuns),
    String(row.numFinished),
    String(row.numFailed),
    row.steps.toLocaleString('en'),
    row.best === undefined ? '–' : formatScore(row.best),
  ]);
  console.say(formatTable([head, ...table]));
}

function sayQueue({ experiments, workers, parked }: QueueStatus, console: Console): void {
  const head = ['in the queue', 'waiting', 'at work', 'to be fetched', 'parked', 'put there by'];
  const rows = experiments.map(({ name, queued, running, done, parked: failed, coordinator }) => [
    name,
    ...[queued, running, done, failed].map(String),
    coordinator,
  ]);
  console.say(rows.length === 0 ? '\nThe queue is empty.' : `\n${formatTable([head, ...rows])}`);
  const workerRows = workers.map((worker) => [
    worker.id,
    `${worker.running} of ${worker.lanes}`,
    String(worker.cores),
    worker.kernels,
    worker.version,
    worker.node,
    worker.isAlive ? 'alive' : 'silent',
  ]);
  const workerHead = ['worker', 'trials', 'cores', 'kernels', 'market-gym', 'Node', ''];
  console.say(workerRows.length === 0 ? '\nNo worker.' : `\n${formatTable([workerHead, ...workerRows])}`);
  for (const { refusals } of experiments)
    for (const reason of refusals) console.say(`Takes no part: ${reason}`);
  for (const { key, message } of parked) console.say(`Parked: ${key}: ${message}`);
}

/** `40 s`, `12 min`, `3.5 h` */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
