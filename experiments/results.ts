/** What the seeds of an experiment say together: per task and agent, and agent against agent. */
import { createRng } from '../core/rng.ts';
import { mean } from '../core/statistics.ts';
import { formatTable } from '../core/text-table.ts';
import { holm } from '../market/statistics/holm.ts';
import { permutationPValue } from '../trainers/permutation-test.ts';
import {
  type Interval,
  improvementInterval,
  interquartileInterval,
  interquartileMean,
  probabilityOfImprovement,
} from '../trainers/seed-statistics.ts';
import { LEAST_SEEDS } from '../trainers/verdict.ts';
import type { TrialResult } from './trial.ts';

/** The scores of one pair of task and agent: the mean return of each seed's judged episodes. */
export interface CellSummary {
  readonly task: string;
  readonly agent: string;
  readonly interquartileMean: number;
  /** 95 %, of the interquartile mean, by Student's t; NaN for one seed. */
  readonly interval: Interval;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly seeds: readonly number[];
  readonly scores: readonly number[];
}

/** The chance that a seed of one agent beats a seed of another, over the tasks that both were tried on. */
export interface Improvement {
  readonly agent: string;
  readonly other: string;
  readonly tasks: readonly string[];
  readonly probability: number;
  /** 95 % */
  readonly interval: Interval;
  /** Two-sided, by permutation, of no difference. */
  readonly pValue: number;
  /** The same by Holm's method for all pairs that are compared: below .05, they differ. */
  readonly adjustedPValue: number;
}

/** In the order in which tasks and agents first appear; results of two codes are never one cell. */
export function summarizeCells(results: readonly TrialResult[]): CellSummary[] {
  const cells = new Map<string, TrialResult[]>();
  const codes = new Map<string, Set<string>>();
  for (const { task, agent, code = '' } of results) {
    const key = JSON.stringify([task, agent]);
    codes.set(key, (codes.get(key) ?? new Set()).add(code));
  }
  // Seeds of two codes are two samples: each has a cell of its own, and says which code it is of.
  const labelOf = ({ task, agent, code = '' }: TrialResult): string =>
    codes.get(JSON.stringify([task, agent]))!.size > 1 ? `${agent} [${code || 'built-in'}]` : agent;
  for (const given of results) {
    const result = { ...given, agent: labelOf(given) };
    const key = JSON.stringify([result.task, result.agent]);
    cells.set(key, [...(cells.get(key) ?? []), result]);
  }
  return [...cells.values()].map((trials) => {
    const [{ task, agent }] = trials;
    const scores = trials.map(({ meanReturn }) => meanReturn);
    return {
      task,
      agent,
      interquartileMean: interquartileMean([scores]),
      interval: interquartileInterval(scores),
      mean: mean(scores),
      min: Math.min(...scores),
      max: Math.max(...scores),
      seeds: trials.map(({ seed }) => seed),
      scores,
    };
  });
}

/** Every pair of agents that share a task; p-values are adjusted for the number of pairs. */
export function compareAgents(cells: readonly CellSummary[]): Improvement[] {
  const pairs = comparePairs(cells);
  const adjusted = holm(pairs.map(({ pValue }) => pValue));
  return pairs.map((pair, i) => ({ ...pair, adjustedPValue: adjusted[i] }));
}

function comparePairs(cells: readonly CellSummary[]): Omit<Improvement, 'adjustedPValue'>[] {
  const agents = [...new Set(cells.map(({ agent }) => agent))];
  return agents.flatMap((agent, i) =>
    agents.slice(i + 1).flatMap((other) => {
      const own = cells.filter((cell) => cell.agent === agent);
      const pairs = own.flatMap((cell) => {
        const rival = cells.find(({ task, agent: name }) => task === cell.task && name === other);
        return rival === undefined ? [] : [{ task: cell.task, scores: cell.scores, others: rival.scores }];
      });
      if (pairs.length === 0) return [];
      const scores = pairs.map((pair) => pair.scores);
      const others = pairs.map((pair) => pair.others);
      return [
        {
          agent,
          other,
          tasks: pairs.map(({ task }) => task),
          probability: probabilityOfImprovement(scores, others),
          interval: improvementInterval(scores, others),
          pValue: permutationPValue(scores, others, createRng(`${agent}/${other}`).fork('permutation')),
        },
      ];
    }),
  );
}

export function formatCells(cells: readonly CellSummary[]): string {
  const header = ['', 'IQM', '95 % interval', 'mean', 'min', 'max', 'seeds'];
  const rows = cells.map((cell) => [
    `${cell.task} ${cell.agent}`,
    formatScore(cell.interquartileMean),
    formatInterval(cell.interval, formatScore),
    formatScore(cell.mean),
    formatScore(cell.min),
    formatScore(cell.max),
    String(cell.seeds.length),
  ]);
  const few = cells.filter(({ seeds }) => seeds.length < LEAST_SEEDS);
  return few.length === 0
    ? formatTable([header, ...rows])
    : `${formatTable([header, ...rows])}\n${fewSeedsNote(few)}`;
}

/** What fewer than five seeds cannot tell. */
function fewSeedsNote(cells: readonly CellSummary[]): string {
  const least = Math.min(...cells.map(({ seeds }) => seeds.length));
  return (
    `${least === 1 ? 'One seed tells' : `${least} seeds tell`} little: where there is one, no interval can be given; with ` +
    `fewer than ${LEAST_SEEDS}, intervals are wide and three seeds that beat three others may do so by chance once in ten times.`
  );
}

/** With more than one pair, the last line says how many of them differ once their number is allowed for. */
export function formatImprovements(improvements: readonly Improvement[]): string {
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
  const lines = improvements.map(({ agent, other, probability, interval, adjustedPValue }) => {
    const bounds = Number.isNaN(interval.low) ? '' : ` (95 % interval ${formatInterval(interval, percent)})`;
    return `A seed of ${agent} beats one of ${other} with probability ${percent(probability)}${bounds}, p = ${formatScore(adjustedPValue)} by Holm.`;
  });
  return [...lines, summarizePairs(improvements)].join('\n');
}

function summarizePairs(improvements: readonly Improvement[]): string {
  const differ = improvements.filter(({ adjustedPValue }) => adjustedPValue < 0.05);
  const pairs =
    improvements.length === 1 ? 'The one pair' : `Of ${improvements.length} pairs, ${differ.length}`;
  const verb =
    improvements.length === 1
      ? differ.length === 1
        ? 'differs'
        : 'does not differ'
      : differ.length === 1
        ? 'differs'
        : 'differ';
  return `${pairs} ${verb} at 5 % by permutation of the seeds, adjusted for the number of pairs by Holm's method; the intervals are not.`;
}

/** Four digits that count: `500`, `-172.2`, `0.03123`. */
export function formatScore(score: number): string {
  return String(Number(score.toPrecision(4)));
}

function formatInterval({ low, high }: Interval, format: (bound: number) => string): string {
  return Number.isNaN(low) ? '–' : `${format(low)} to ${format(high)}`;
}
