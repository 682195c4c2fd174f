/** A search whose score goes by its learning rate alone. */
import { createRng } from '../../../core/rng.ts';
import type { ExperimentStory } from '../../../experiments/page/page.ts';
import type { TrialRecord } from '../../../experiments/search/trial-record.ts';

/** @param numTrials every third of them is ended early */
export function searchedStory(numTrials: number): ExperimentStory {
  const rng = createRng(5);
  const trials = Array.from({ length: numTrials }, (_, index): TrialRecord => {
    const rate = 10 ** (-5 + 4 * rng.uniform());
    const network = rng.integer(2) === 0 ? 'mlp' : 'lstm';
    const score = 100 - 20 * Math.abs(Math.log10(rate) + 3) + rng.gaussian();
    const isPruned = index % 3 === 2;
    const numReports = isPruned ? 2 : 5;
    return {
      index,
      point: {
        'agent.learningRate': rate,
        'agent.gamma': [0.9, 0.99][rng.integer(2)],
        'agent.network': network,
        ...(network === 'lstm' && { 'agent.hidden': [64] }),
      },
      state: isPruned ? 'pruned' : 'finished',
      reports: Array.from({ length: numReports }, (_, i) => ({
        step: 100 * (i + 1),
        value: (score * (i + 1)) / 5,
      })),
      ...(!isPruned && { scores: [score] }),
    };
  });
  const best = trials.reduce((a, b) => ((b.scores?.[0] ?? -Infinity) > (a.scores?.[0] ?? -Infinity) ? b : a));
  return {
    name: 'A search <for> "gamma"',
    searches: [
      {
        task: 'trading',
        agent: 'ppo',
        objectives: ['sharpe'],
        trials,
        finalists: [{ index: best.index, score: best.scores![0], numSeeds: 3 }],
        totalSteps: 12_345,
        winner: { index: best.index, point: best.point, label: `ppo-t${best.index}` },
      },
    ],
    choices: ['Probability of backtest overfitting of this search: 0.42, on the validation span.'],
    cells: [
      {
        ...{ task: 'trading', agent: `ppo-t${best.index}`, interquartileMean: 2, mean: 2, min: 1, max: 3 },
        ...{ interval: { low: 1, high: 3 }, seeds: [1, 2, 3], scores: [1, 2, 3] },
      },
    ],
    selection: [{ task: 'trading', sentences: ['Deflated Sharpe ratio: 0.31 of 60 trials.'] }],
    winners: [],
    failures: [{ trial: 'trading ppo trial 7', message: 'it <failed>' }],
  };
}
