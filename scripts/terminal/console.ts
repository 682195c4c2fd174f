/** What the command line prints: a progress bar on a terminal, plain lines elsewhere, JSON for machines. */
import { createRequire } from 'node:module';
import type CliProgress from 'cli-progress';
import { printable } from '../../core/printable.ts';
import type { Io, Output } from './io.ts';

export interface Console {
  /** A line for people; nothing when the output is JSON. */
  say(line: string): void;
  /** A line on standard error, in either mode. */
  warn(line: string): void;
  /** The command's result for machines: printed only when the output is JSON. */
  result(value: unknown): void;
  /** Starts showing how far a run has come; `steps` are counted unless another unit is named. */
  progress(label: string, totalSteps: number, startStep?: number, unit?: string): Progress;
}

export interface Progress {
  /** @param note a short remark to show beside the numbers */
  update(step: number, note?: string): void;
  stop(): void;
}

/** Plain progress lines come at least this far apart. */
const PLAIN_INTERVAL_MS = 5_000;

export function createConsole({ json }: { readonly json: boolean }, { stdout, stderr }: Io): Console {
  return {
    say: (line) => {
      if (!json) stdout.write(`${line}\n`);
    },
    warn: (line) => {
      stderr.write(`${line}\n`);
    },
    result: (value) => {
      if (json) stdout.write(`${JSON.stringify(value)}\n`);
    },
    progress: (label, totalSteps, startStep = 0, unit = 'steps') => {
      if (stderr.isTTY && !json) return createBar(stderr, label, totalSteps, startStep, unit);
      return createLines(json ? undefined : stderr, label, totalSteps, startStep, unit);
    },
  };
}

function createBar(
  stream: Output,
  label: string,
  totalSteps: number,
  startStep: number,
  unit: string,
): Progress {
  // Loaded for the first bar: most commands show none, and those in a pipe never do.
  const { SingleBar }: typeof CliProgress = createRequire(import.meta.url)('cli-progress');
  const bar = new SingleBar({
    format: `{label} {bar} {percentage} % | {value}/{total} ${unit} | {rate} ${unit}/s | ETA {eta_formatted} | {note}`,
    stream: (stream.raw ?? stream) as NodeJS.WriteStream,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    fps: 8,
  });
  const startMs = Date.now();
  bar.start(totalSteps, startStep, { label: printable(label), rate: '–', note: '' });
  let lastNote = '';
  return {
    update(step, note = lastNote) {
      lastNote = note;
      const seconds = (Date.now() - startMs) / 1000;
      const rate = formatRate((step - startStep) / seconds);
      bar.update(Math.min(step, totalSteps), { rate, note: printable(note) });
    },
    stop: () => bar.stop(),
  };
}

/** @param stream undefined: says nothing */
function createLines(
  stream: Output | undefined,
  label: string,
  totalSteps: number,
  startStep: number,
  unit: string,
): Progress {
  const startMs = Date.now();
  let lastMs = startMs;
  let lastNote = '';
  return {
    update(step, note = lastNote) {
      lastNote = note;
      const nowMs = Date.now();
      if (stream === undefined || nowMs - lastMs < PLAIN_INTERVAL_MS) return;
      lastMs = nowMs;
      const rate = ((step - startStep) / (nowMs - startMs)) * 1000;
      const etaSeconds = Math.round((totalSteps - step) / rate);
      const parts = [
        `${label} ${step}/${totalSteps} ${unit}`,
        `${formatRate(rate)} ${unit}/s`,
        `ETA ${etaSeconds} s`,
        note,
      ];
      stream.write(`${parts.filter((part) => part !== '').join(' | ')}\n`);
    },
    stop: () => {},
  };
}

/** `950`, `12.3 k`, `1.25 M`. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '–';
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)} M`;
  if (perSecond >= 1e3) return `${(perSecond / 1e3).toFixed(1)} k`;
  return perSecond.toFixed(0);
}
