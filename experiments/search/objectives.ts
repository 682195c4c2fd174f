/** What a trial is scored by: how its evaluations went, or figures of its account on the validation span; never on the test span. */
import { ConfigError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import type { TrialSeries } from '../../storage/trials/trial.ts';
import { judgeCandidates } from '../../trainers/judge.ts';
import { seriesOf } from '../ledger/run-entry.ts';
import type { Judging } from '../plan.ts';
import { judgedBy, type TrainedRun } from '../run/judge-runs.ts';
import { judgedTask, namingEnv } from '../run/judged-task.ts';
import type { Report } from './trial-record.ts';

/** The objective that every env has. */
export const MEAN_RETURN = 'meanReturn';

/** Figures of which less is better. */
const MINIMIZED = ['volatility', 'downsideRisk', 'turnover', 'costs', 'averageExposure', 'timeInMarket'];

export interface Scored {
  /** One for each objective, higher is better. */
  readonly scores: readonly number[];
  /** What the account did on the validation span, where there is one. */
  readonly validation?: TrialSeries;
}

/**
 * @param judging whether the best evaluation counts, or the last
 * @throws ConfigError `invalid-value` for a figure that the run does not have
 */
export function scoreTrial(
  trained: TrainedRun,
  objectives: readonly string[],
  reports: readonly Report[],
  judging: Judging,
): Scored {
  const values = reports.map(({ value }) => value);
  const meanReturn = judging.checkpoint === 'final' ? (values.at(-1) ?? Number.NaN) : Math.max(...values);
  const account = accountOf(trained);
  const figures: Readonly<Record<string, number>> = { ...account?.metrics, [MEAN_RETURN]: meanReturn };
  const scores = objectives.map((name) => {
    const figure = figures[name];
    if (figure === undefined) {
      throw new ConfigError(
        'invalid-value',
        `A trial of "${trained.run.spec.env.name}" has no figure "${name}" to search by.${suggestion(name, Object.keys(figures))}`,
      );
    }
    return MINIMIZED.includes(name) ? -figure : figure;
  });
  return { scores, validation: account && seriesOf(account) };
}

/** As people read it: the figure, not what is maximised. */
export function figureOf(objective: string, score: number): number {
  return MINIMIZED.includes(objective) ? -score : score;
}

function accountOf(trained: TrainedRun) {
  const { run, agent } = trained;
  if (judgedBy(trained).by !== 'account') return undefined;
  const task = judgedTask(run);
  const candidate = { seed: run.spec.seed, agent };
  return namingEnv(run, () => judgeCandidates([candidate], task, task.spans.validation).judged[0].backtest);
}
