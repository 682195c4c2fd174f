/** The pruners that come with the framework. */
import { z } from '../../../core/config.ts';
import { median } from '../../../core/statistics.ts';
import { definePruner, type PrunerContext, type PrunerPlugin } from '../pruner.ts';
import type { Report } from '../trial-record.ts';

const noPruner = definePruner({
  name: 'none',
  description: 'lets every trial go to its end',
  create: () => ({ rungs: [], stops: () => false }),
});

/**
 * Source: Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2020). A trial goes on from a rung while it is among
 * the best of those that came to the rung, itself and those proposed before it; so the order of proposal decides, not the clock.
 */
const asha = definePruner({
  name: 'asha',
  description: 'asynchronous successive halving: a share of the trials goes on from each rung',
  config: z.object({
    minSteps: z.int().min(0).default(0).describe('env steps at the first rung; 0: the first evaluation'),
    reduction: z.int().min(2).default(4).describe('one of so many goes on; rungs lie so many times apart'),
  }),
  create: ({ totalSteps, evaluateEvery }, { minSteps, reduction }) => {
    const rungs: number[] = [];
    for (let at = Math.max(minSteps, evaluateEvery); at < totalSteps; at *= reduction) {
      const rung = Math.ceil(at / evaluateEvery) * evaluateEvery;
      if (rung < totalSteps) rungs.push(rung);
    }
    return {
      rungs,
      stops: (reports, earlier) => {
        const own = lastOf(reports);
        const better = earlier.filter((other) => lastOf(other) >= own).length;
        return better >= Math.max(1, Math.floor((earlier.length + 1) / reduction));
      },
    };
  },
});

/** Source: Golovin et al., "Google Vizier" (2017), the median stopping rule, on the best value so far. */
const medianRule = definePruner({
  name: 'median',
  description: 'ends a trial whose best value so far is below the median of the others at that point',
  config: z.object({
    startupTrials: z.int().min(1).default(5).describe('trials at that point before any is ended'),
    warmupSteps: z.int().min(0).default(0).describe('env steps before which none is ended'),
  }),
  create: (context, { startupTrials, warmupSteps }) => ({
    rungs: evaluationsOf(context).filter((step) => step >= warmupSteps),
    stops: (reports, earlier) =>
      earlier.length >= startupTrials && bestOf(reports) < median(earlier.map(lastOf)),
  }),
});

const patience = definePruner({
  name: 'patience',
  description: 'ends a trial after so many evaluations without a new best',
  config: z.object({
    evaluations: z.int().min(1).default(5).describe('evaluations without a new best'),
    minDelta: z.number().min(0).default(0).describe('what counts as a new best: so much more'),
  }),
  create: (context, { evaluations, minDelta }) => ({
    rungs: evaluationsOf(context),
    stops: (reports) => {
      let best = -Infinity;
      let since = 0;
      for (const { value } of reports) {
        since = value > best + minDelta ? 0 : since + 1;
        best = Math.max(best, value);
      }
      return since >= evaluations;
    },
  }),
});

export const builtInPruners: readonly PrunerPlugin[] = [noPruner, asha, medianRule, patience];

function evaluationsOf({ totalSteps, evaluateEvery }: PrunerContext): number[] {
  const count = Math.ceil(totalSteps / evaluateEvery) - 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (i + 1) * evaluateEvery);
}

const lastOf = (reports: readonly Report[]): number => reports[reports.length - 1].value;
const bestOf = (reports: readonly Report[]): number => Math.max(...reports.map(({ value }) => value));
