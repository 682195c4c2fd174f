/** What the ledger keeps of a run: its settings, and what its account did on the spans that it is chosen and judged by. */
import { MarketGymError } from '../../core/errors.ts';
import type { TrialEntry, TrialKind, TrialPlace, TrialSeries } from '../../storage/trials/trial.ts';
import type { Backtest } from '../../trainers/backtest.ts';
import { judgeCandidates } from '../../trainers/judge.ts';
import { meanExposureOf } from '../../trainers/skill.ts';
import type { SpanName } from '../../trainers/spans.ts';
import { judgedBy, type TrainedRun } from '../run/judge-runs.ts';
import { judgedTask } from '../run/judged-task.ts';
import type { Run } from '../run/spec.ts';
import { configurationOf } from './configuration.ts';

export interface RunEntryOptions {
  readonly kind: TrialKind;
  /** UTC epoch. */
  readonly timeMs: number;
  /** Of the judged agent, where it is not the one that is judged without asking. */
  readonly checkpoint?: string;
}

/** The test span of a run's data; undefined for an env without data. */
export function placeOf({ market, books, spec }: Run): TrialPlace | undefined {
  const files = market ?? books;
  if (files === undefined || spec.data === undefined) return undefined;
  const { timeMs } = market?.candles ?? books!.tape;
  const { fromRow, toRow } = files.spans.test;
  return { data: spec.data.sha256, fromMs: timeMs[fromRow], toMs: timeMs[toRow - 1] };
}

/** A run as a trial; without returns where its env keeps no account, or breaks off on a span. */
export function runEntry(trained: TrainedRun, { kind, timeMs, checkpoint }: RunEntryOptions): TrialEntry {
  const { run, directory } = trained;
  const { spec } = run;
  return {
    timeMs,
    kind,
    label: `${spec.agent.name} on ${spec.env.name}`,
    place: placeOf(run),
    source: spec.data?.path ?? '',
    configuration: configurationOf(spec, checkpoint),
    seeds: [spec.seed],
    ledTo: directory.path,
    ...accountsOf(trained),
  };
}

function accountsOf(trained: TrainedRun): { validation?: TrialSeries; test?: TrialSeries } {
  try {
    if (judgedBy(trained).by !== 'account') return {};
    return { validation: accountOn(trained, 'validation'), test: accountOn(trained, 'test') };
  } catch (error) {
    // Whoever judges the run is told of it.
    if (!(error instanceof MarketGymError)) throw error;
    return {};
  }
}

function accountOn({ run, agent }: TrainedRun, span: SpanName): TrialSeries | undefined {
  const task = judgedTask(run);
  const candidate = { seed: run.spec.seed, agent };
  return seriesOf(judgeCandidates([candidate], task, task.spans[span]).judged[0].backtest);
}

/** An account by period, as the ledger keeps it; undefined where a return is no number. */
export function seriesOf(backtest: Backtest): TrialSeries | undefined {
  const { timeMs, price, returns } = backtest;
  const exposure = meanExposureOf(backtest);
  const isWhole = returns.length > 0 && returns.every(Number.isFinite) && Number.isFinite(exposure);
  return isWhole ? { timeMs, price, returns, exposure } : undefined;
}
