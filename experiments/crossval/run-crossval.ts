/** Cross-validates an agent: trains it on every split, tests it on what the split left out, and puts the paths together. */
import { availableParallelism } from 'node:os';
import { barYear } from '../../market/candles/periods.ts';
import type { ExperimentEvent } from '../events.ts';
import { DEFAULT_LEDGER, type LedgerChoice } from '../ledger/use-ledger.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { carryOutTrials } from '../run-experiment.ts';
import { readFold } from './judge-fold.ts';
import { assemblePaths } from './paths.ts';
import { type CrossvalPlan, type CrossvalRequest, planCrossval } from './plan-crossval.ts';
import { type CrossvalCandidate, type CrossvalSummary, summarizeCrossval } from './summarize.ts';

export interface CrossvalOptions {
  /** Its folder; finished splits in it are kept. Default: `runs/crossval`, from the working directory. */
  readonly out?: string;
  /** Splits at a time, each in a process of its own, ≥ 1. Default: one per processor core. */
  readonly jobs?: number;
  readonly onEvent?: (event: ExperimentEvent) => void;
  /** Once aborted, no split is begun; those that run save what they have, and go on from there the next time. */
  readonly signal?: AbortSignal;
  /** The file that every trial is counted in; `false`: in none. Default: `runs/ledger.db`. */
  readonly ledger?: LedgerChoice;
  readonly access?: PluginAccess;
  /** UTC epoch, for the ledger. */
  readonly timeMs: number;
  /** Told of the plan before anything runs. */
  readonly onPlan?: (plan: CrossvalPlan) => void;
}

export interface CrossvalOutcome {
  readonly out: string;
  /** Absent where splits failed or were interrupted. */
  readonly summary?: CrossvalSummary;
  readonly failures: readonly { readonly trial: string; readonly message: string }[];
  readonly interrupted: boolean;
}

/** The same request and seeds give the same paths, to the bit, on any number of jobs. @throws MarketGymError as `planCrossval` */
export async function runCrossval(
  request: CrossvalRequest,
  options: CrossvalOptions,
): Promise<CrossvalOutcome> {
  const {
    out = 'runs/crossval',
    jobs = availableParallelism(),
    ledger = DEFAULT_LEDGER,
    onEvent,
    signal,
    access,
    timeMs,
  } = options;
  const plan = await planCrossval(request, out, access);
  options.onPlan?.(plan);
  // A split is no trial of its own: its paths are, when all are there.
  const outcome = await carryOutTrials('crossval', out, plan.trials, {
    jobs,
    onEvent,
    signal,
    ledger: false,
  });
  const { failures, interrupted } = outcome;
  if (interrupted || failures.length > 0) return { out, failures, interrupted };
  const { candles } = plan.run.market!;
  const { fromRow, toRow } = plan.fold;
  const summary = summarizeCrossval(candidatesOf(plan), {
    ledger,
    timeMs,
    place: {
      data: plan.run.spec.data!.sha256,
      fromMs: candles.timeMs[fromRow],
      toMs: candles.timeMs[toRow - 1],
    },
    periodsPerYear: barYear(candles.timeMs).periodsPerYear,
    out,
  });
  return { out, summary, failures, interrupted };
}

function candidatesOf({ trials, fold, numSplits }: CrossvalPlan): CrossvalCandidate[] {
  const { groups, testGroups } = fold;
  const first = trials.filter(({ split }) => split === 0);
  return first.map(({ setting, seed, spec }) => {
    const own = trials.filter((trial) => trial.setting === setting && trial.seed === seed);
    const splits = own.slice(0, numSplits).map(({ directory }) => readFold(directory));
    return { setting, seed, spec, paths: assemblePaths(splits, groups, testGroups) };
  });
}
