/** Trains one agent on markets of which the answer is known, and says whether it finds what is there and nothing else. */
import type { Agent } from '../../agents/agent.ts';
import { ConfigError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import type { Env } from '../../envs/env.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import type { Candles } from '../../market/candles/candles.ts';
import type { Backtest } from '../../trainers/backtest.ts';
import { type ExposureRule, holdExposures, runRule, runRuleBaselines } from '../../trainers/baselines.ts';
import { type Candidate, judgeCandidates } from '../../trainers/judge.ts';
import { meanExposureOf } from '../../trainers/skill.ts';
import { splitSpans } from '../../trainers/spans.ts';
import { Training } from '../../trainers/train.ts';
import { percent, reachVerdict, type Verdict } from '../../trainers/verdict.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { judgedTask, whyNoAccount } from '../run/judged-task.ts';
import { buildAgent, createSpanEnv, requireSoundAgent, requireSoundEnv } from '../run/parts.ts';
import { planRun, type Run, type RunRequest } from '../run/spec.ts';
import { permuteBars, plantEdge } from './markets.ts';
import { flipRewards, showNextBar } from './wrappers.ts';

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
  readonly rule?: { readonly skillPerYear: number; readonly finding: Verdict['finding'] };
  /** Whether the agent did what it should; absent where either may be right. */
  readonly isAsExpected?: boolean;
}

export interface ControlsResult {
  readonly controls: readonly ControlResult[];
  /** Where the market's own figure lies between the permuted bars (0) and the oracle (1). */
  readonly standing: number;
  /** What is wrong with the learner, or with how it is judged, a sentence each. */
  readonly alarms: readonly string[];
  readonly notes: readonly string[];
}

export interface ControlsRequest
  extends Pick<
    RunRequest,
    'agent' | 'env' | 'plugins' | 'settings' | 'data' | 'read' | 'numEnvs' | 'totalSteps'
  > {
  readonly seeds: readonly number[];
  /** Sharpe ratio a year of the rule that knows the planted edge, long or short, without costs. */
  readonly edge: number;
}

export interface ControlsOptions {
  readonly access?: PluginAccess;
  readonly signal?: AbortSignal;
  readonly onControl?: (result: ControlResult) => void;
  readonly onStart?: (name: ControlName) => void;
}

/** Updates that a short training is cut into at least. */
const LEAST_UPDATES = 8;

/**
 * @returns undefined where it was interrupted
 * @throws ConfigError `no-account` where the env's account cannot be judged; as `planRun`
 */
export async function runControls(
  request: ControlsRequest,
  { access = {}, signal, onControl = () => {}, onStart = () => {} }: ControlsOptions = {},
): Promise<ControlsResult | undefined> {
  const { seeds, edge } = request;
  const { run, notes } = await planControls(request, access);
  const { candles } = run.market!;
  const rng = (name: string) => createRng(`${name} ${seeds[0]}`);
  const market = { candles };
  const cases: (ControlCase & { name: ControlName; description: string })[] = [
    { name: 'market', description: 'the market as it is, on its validation rows', ...market, isReal: true },
    {
      name: 'permuted',
      description: 'the same bars in another order: nothing to find',
      candles: permuteBars(candles, rng('permuted')),
    },
    {
      name: 'random-rewards',
      description: 'the market, with the sign of each reward drawn by a coin: nothing to learn',
      ...market,
      isReal: true,
      teach: (env, seed) => flipRewards(env, createRng(`rewards ${seed}`)),
    },
    {
      name: 'planted',
      description: `bars in another order that go on where the last one went: a Sharpe ratio of ${edge} a year for who knows`,
      candles: plantEdge(candles, rng('planted'), edge),
      rule: goesOn,
    },
    {
      name: 'oracle',
      description:
        'bars in another order, and one observation more: the return of the bar that is about to be traded',
      candles: permuteBars(candles, rng('oracle')),
      show: showNextBar,
      rule: knowsNext,
    },
  ];
  const controls: ControlResult[] = [];
  for (const { name, description, ...control } of cases) {
    onStart(name);
    const judged = await trainAndJudge(run, control, seeds, signal);
    if (judged === undefined) return undefined;
    const isAsExpected = expectedOf(name, judged.verdict);
    const result = { name, description, ...judged, ...(isAsExpected !== undefined && { isAsExpected }) };
    controls.push(result);
    onControl(result);
  }
  notes.push(plantedNote(controls, edge));
  return { controls, standing: standingOf(controls), alarms: alarmsOf(controls), notes };
}

interface ControlCase {
  readonly candles: Candles;
  /** Judged on the validation span alone: the test span is not looked at. */
  readonly isReal?: boolean;
  /** What is changed of the envs to learn in. */
  readonly teach?: (env: Env, seed: number) => Env;
  /** What is changed of every env. */
  readonly show?: (env: Env, candles: Candles) => Env;
  /** Who knows. */
  readonly rule?: (candles: Candles) => ExposureRule;
}

async function planControls(
  request: ControlsRequest,
  access: PluginAccess,
): Promise<{ run: Run; notes: string[] }> {
  const { seeds, edge: _, ...rest } = request;
  const notes: string[] = [];
  const plan = (settings: RunRequest['settings']) =>
    planRun(
      { ...rest, settings, seed: seeds[0], evaluateEvery: 0, checkpointEvery: 0, envWorkers: 0 },
      access,
    );
  let run = await plan(request.settings);
  const { env, agent, totalSteps, numEnvs } = run.spec;
  const reason = run.market === undefined ? `Env "${env.name}" trades no candles` : whyNoAccount(run);
  if (reason !== undefined) {
    throw new ConfigError(
      'no-account',
      `${reason.replace(/\.$/, '')}; controls need an env on candles whose account can be judged.`,
    );
  }
  const { rolloutSteps } = agent.config;
  const most = Math.max(8, Math.floor(totalSteps / (numEnvs * LEAST_UPDATES)));
  if (
    typeof rolloutSteps === 'number' &&
    rolloutSteps > most &&
    !('rolloutSteps' in request.settings.agent)
  ) {
    notes.push(`agent.rolloutSteps is ${most} here, for ${LEAST_UPDATES} updates in ${totalSteps} steps.`);
    run = await plan({ ...request.settings, agent: { ...request.settings.agent, rolloutSteps: most } });
  }
  requireSoundEnv(run);
  requireSoundAgent(run);
  return { run, notes };
}

async function trainAndJudge(
  run: Run,
  control: ControlCase,
  seeds: readonly number[],
  signal: AbortSignal | undefined,
): Promise<Pick<ControlResult, 'verdict' | 'returnBeyondExposure' | 'rule'> | undefined> {
  const { candles, isReal = false, rule } = control;
  const on: Run = {
    ...run,
    market: { ...run.market!, candles, series: [candles], spans: splitSpans(candles) },
  };
  const { train, validation, test } = on.market!.spans;
  const shown = (env: Env): Env => control.show?.(env, candles) ?? env;
  const candidates: Candidate[] = [];
  for (const seed of seeds) {
    const agent = await learn(on, seed, signal, (envSeed) => {
      const env = shown(createSpanEnv(on, train, envSeed, false));
      return control.teach?.(env, envSeed) ?? env;
    });
    if (agent === undefined) return undefined;
    candidates.push({ seed, agent });
  }
  const span = isReal ? validation : { ...validation, toRow: test.toRow };
  const task = {
    ...judgedTask(on),
    createEnv: () => shown(createSpanEnv(on, span, on.spec.seed, true)),
  };
  const { judged, market, axis } = judgeCandidates(candidates, task, span);
  const rules = runRuleBaselines(market, axis);
  const verdictOf = (accounts: readonly Backtest[]): Verdict =>
    reachVerdict({
      accounts,
      market: rules.find(({ name }) => name === 'buy-and-hold')!.backtest,
      held: holdExposures(market, axis, accounts.map(meanExposureOf), rules),
      bars: 'on rows that no seed has learnt from',
    });
  const verdict = verdictOf(judged.map(({ backtest }) => backtest));
  const known = rule && verdictOf([runRule(market, axis, rule(candles)).backtest]);
  return {
    verdict,
    returnBeyondExposure: verdict.skillPerYear.mean,
    ...(known && { rule: { skillPerYear: known.skillPerYear.mean, finding: known.finding } }),
  };
}

async function learn(
  run: Run,
  seed: number,
  signal: AbortSignal | undefined,
  createEnv: (seed: number) => Env,
): Promise<Agent | undefined> {
  const { numEnvs, totalSteps, kernels } = run.spec;
  const seeded: Run = { ...run, spec: { ...run.spec, seed } };
  const envs = createVectorEnv(Array.from({ length: numEnvs }, (_, i) => createEnv(seed + i)));
  const agent = buildAgent(seeded, envs, numEnvs, kernels);
  const training = new Training({ envs, agent, totalSteps, seed });
  while (training.advance() !== undefined) {
    if (signal?.aborted) return undefined;
    // Lets signals have their turn.
    await Promise.resolve();
  }
  envs.close();
  return agent;
}

/** Long after a rise, out or short after a fall: the planted edge. */
function goesOn(): ExposureRule {
  let last = Number.NaN;
  return {
    name: 'knows the edge',
    exposure({ price }) {
      const exposure = price > last ? 1 : -1;
      last = price;
      return exposure;
    },
  };
}

function knowsNext({ open, timeMs, length }: Candles): ExposureRule {
  const rows = new Map(Array.from(timeMs, (time, row) => [time, row]));
  return {
    name: 'knows the next bar',
    exposure({ timeMs: time }) {
      const row = rows.get(time) ?? length;
      return row + 2 < length && open[row + 2] > open[row + 1] ? 1 : -1;
    },
  };
}

function expectedOf(name: ControlName, { finding }: Verdict): boolean | undefined {
  if (name === 'permuted' || name === 'random-rewards') return finding !== 'edge';
  return name === 'oracle' ? finding === 'edge' : undefined;
}

/** How much of the planted edge was found: neither answer is wrong, for a small edge takes more steps, or costs more than it earns. */
function plantedNote(controls: readonly ControlResult[], edge: number): string {
  const { verdict, rule } = controls.find(({ name }) => name === 'planted')!;
  const found = verdict.finding === 'edge' ? 'found' : 'not found';
  return (
    `The planted edge, a Sharpe ratio of ${edge} a year for who knows it, was ${found}: ${percent(verdict.skillPerYear.mean)} a year beyond its exposure, ` +
    `where who knows it earns ${percent(rule!.skillPerYear)} after costs.`
  );
}

function standingOf(controls: readonly ControlResult[]): number {
  const figure = (name: ControlName): number =>
    controls.find((control) => control.name === name)!.returnBeyondExposure;
  return (figure('market') - figure('permuted')) / (figure('oracle') - figure('permuted'));
}

function alarmsOf(controls: readonly ControlResult[]): string[] {
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
