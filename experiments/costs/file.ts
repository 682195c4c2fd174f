/** Keeps a cost surface beside its run: `costs.json` for programs, `costs.csv` for spreadsheets. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../../core/config.ts';
import { attempt, writeFileAtomic } from '../../storage/atomic.ts';
import type { ReportCosts } from '../../trainers/report/costs.ts';
import type { TrainedRun } from '../run/judge-runs.ts';

/** JSON has no NaN: it says null. */
const figure = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const costs = z.object({ fee: z.number(), slippage: z.number(), latency: z.number() });
const figures = { netReturn: figure, sharpe: figure };
const schema = z.object({
  env: z.string(),
  agent: z.string(),
  checkpointSteps: z.array(z.number()),
  days: z.number(),
  base: costs,
  latencyUnit: z.enum(['ms', 'bars']),
  hasSlippage: z.boolean(),
  cells: z.array(costs.extend(figures)),
  breakEven: z.array(
    z.object({
      slippage: z.number(),
      latency: z.number(),
      fee: z.number().nullable(),
      isAbove: z.boolean().optional(),
    }),
  ),
  capacity: z.object({
    means: z.string(),
    points: z.array(z.object({ capital: z.number(), ...figures })),
    halfAt: z.number().optional(),
    zeroAt: z.number().optional(),
    without: z.string().optional(),
  }),
});

/** @returns the paths of both. @throws StorageError `write-failed` */
export function writeCosts(directory: string, surface: ReportCosts): { json: string; csv: string } {
  const json = join(directory, 'costs.json');
  const csv = join(directory, 'costs.csv');
  const rows = surface.cells.map(({ fee, slippage, latency, netReturn, sharpe }) =>
    [fee, slippage, latency, netReturn, sharpe].join(),
  );
  const header = `feeRate,slippageRate,latency${surface.latencyUnit === 'ms' ? 'Ms' : 'Bars'},netReturn,sharpePerYear`;
  writeFileAtomic(json, `${JSON.stringify(surface, null, 2)}\n`);
  writeFileAtomic(csv, `${[header, ...rows].join('\n')}\n`);
  return { json, csv };
}

/** The surface of these very runs at these checkpoints; undefined where there is none, or one of others. */
export function readCosts(runs: readonly TrainedRun[]): ReportCosts | undefined {
  const [{ directory }] = runs;
  const file = join(directory.path, 'costs.json');
  if (!existsSync(file)) return undefined;
  const text = attempt('read', file, () => readFileSync(file, 'utf8'));
  const parsed = parse(text);
  const steps = runs.map(({ checkpoint }) => checkpoint.steps);
  return parsed !== undefined && parsed.checkpointSteps.join() === steps.join() ? parsed : undefined;
}

/** A report can do without. */
function parse(text: string): ReportCosts | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
