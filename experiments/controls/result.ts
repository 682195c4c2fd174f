/** Says what an agent's results on markets of which the answer is known come to. */
import { percent, type Verdict } from '../../trainers/verdict.ts';

export type ControlName = 'market' | 'permuted' | 'random-rewards' | 'planted' | 'oracle';

export interface ControlResult {
  readonly name: ControlName;
  /** What it is, in words. */
  readonly description: string;
  /** Of the mean of the seeds, on rows after those that were learnt from. */
  readonly verdict: Verdict;
  /** A year, of returns beyond the own mean exposure; mean over the seeds. */
  readonly returnBeyondExposure: number;
  /** Of a rule that knows the planted edge, or the next bar; absent where there is nothing to know. */
  readonly rule?: RuleResult;
  /**
   * Of a linear rule that was fitted to the same observations on the same rows, which says what could be learnt there; absent where there
   * is no edge to find, or the env's actions are no exposures.
   */
  readonly linear?: RuleResult;
  /** Whether the agent did what it should; absent where either may be right. */
  readonly isAsExpected?: boolean;
}

export interface RuleResult {
  readonly skillPerYear: number;
  readonly finding: Verdict['finding'];
}

export interface ControlsResult {
  readonly controls: readonly ControlResult[];
  /** Where the market's own figure lies between the permuted bars (0) and the oracle (1). */
  readonly standing: number;
  /** What is wrong with the learner, or with how it is judged, a sentence each. */
  readonly alarms: readonly string[];
  readonly notes: readonly string[];
}

/** Whether an agent did what it should; undefined where either may be right. */
export function expectedOf(name: ControlName, { finding }: Verdict): boolean | undefined {
  if (name === 'permuted' || name === 'random-rewards') return finding !== 'edge';
  return name === 'oracle' ? finding === 'edge' : undefined;
}

/**
 * How much of the planted edge was found: neither answer is wrong, for a small edge takes more steps, or costs more than it earns. A linear
 * rule tells the two apart.
 */
export function plantedNote(controls: readonly ControlResult[], edge: number): string {
  const { verdict, rule, linear } = controls.find(({ name }) => name === 'planted')!;
  const isFound = verdict.finding === 'edge';
  const figures =
    `The planted edge, a Sharpe ratio of ${edge} a year for who knows it, was ${isFound ? 'found' : 'not found'}: ` +
    `${percent(verdict.skillPerYear.mean)} a year beyond its exposure, where who knows it earns ${percent(rule!.skillPerYear)} after costs` +
    `${linear === undefined ? '' : ` and a linear rule on the same observations and rows ${percent(linear.skillPerYear)}`}.`;
  if (isFound) return figures;
  if (rule!.finding !== 'edge') {
    return `${figures} These rows and costs had no power: not even who knows the edge is told of one. Take more rows, lower costs, or a greater --edge.`;
  }
  if (linear === undefined) return figures;
  return linear.finding === 'edge'
    ? `${figures} It was there to be found: the training missed it. Take more --steps, an agent.gamma as short as the edge (it lasts one bar: 0.5), or fewer inputs (env.window=1).`
    : `${figures} It was too weak to be found in so many rows among so many inputs: that the agent found nothing says little. Take fewer inputs (env.window=1), more rows, or a greater --edge.`;
}

/** Where the market's own figure lies between the permuted bars (0) and the oracle (1). */
export function standingOf(controls: readonly ControlResult[]): number {
  const figure = (name: ControlName): number =>
    controls.find((control) => control.name === name)!.returnBeyondExposure;
  return (figure('market') - figure('permuted')) / (figure('oracle') - figure('permuted'));
}

/** What is wrong with a learner, or with how it is judged, a sentence each. */
export function alarmsOf(controls: readonly ControlResult[]): string[] {
  const told: Readonly<Record<ControlName, string>> = {
    market: '',
    permuted:
      'It finds an edge in bars that were put into another order, where there is none: something knows later data, or the costs are wrong (market-gym check-leaks).',
    'random-rewards':
      'It finds an edge though its rewards said nothing: what it observes, or how it is judged, knows later data (market-gym check-leaks).',
    planted: '',
    oracle:
      'It finds no edge though the next bar was shown to it: with these settings and steps it learns nothing, and what it does not find elsewhere says nothing.',
  };
  return controls.filter(({ isAsExpected }) => isAsExpected === false).map(({ name }) => told[name]);
}
