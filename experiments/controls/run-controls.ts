/** Trains one agent on markets of which the answer is known, and says whether it finds what is there and nothing else. */
import type { Agent } from '../../agents/agent.ts';
import { ConfigError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import type { Env, RowSpan } from '../../envs/env.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import type { Candles } from '../../market/candles/candles.ts';
import type { Backtest } from '../../trainers/backtest.ts';
import {
  type ExposureRule,
  holdExposures,
  recordRule,
  runRule,
  runRuleBaselines,
  takesExposures,
} from '../../trainers/baselines.ts';
import { type Candidate, judgeCandidates } from '../../trainers/judge.ts';
import { meanExposureOf } from '../../trainers/skill.ts';
import { splitSpans } from '../../trainers/spans.ts';
import { Training } from '../../trainers/train.ts';
import { reachVerdict, type Verdict } from '../../trainers/verdict.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { loadCatalog } from '../plugins/catalog.ts';
import { judgedTask, whyNoAccount } from '../run/judged-task.ts';
import { buildAgent, createSpanEnv, requireSoundAgent, requireSoundEnv } from '../run/parts.ts';
import { planRun, type Run, type RunRequest } from '../run/spec.ts';
import { linearRule, seenBars } from './linear-rule.ts';
import { permuteBars, plantEdge } from './markets.ts';
import {
  alarmsOf,
  type ControlName,
  type ControlResult,
  type ControlsResult,
  expectedOf,
  plantedNote,
  type RuleResult,
  standingOf,
} from './result.ts';
import { flipRewards, showNextBar } from './wrappers.ts';

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
      hasPower: true,
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
  /** Whether a linear rule is to show what could be learnt. */
  readonly hasPower?: boolean;
}

async function planControls(
  request: ControlsRequest,
  access: PluginAccess,
): Promise<{ run: Run; notes: string[] }> {
  const { seeds, edge: _, ...rest } = request;
  const notes: string[] = [];
  await requireBars(request);
  const plan = (settings: RunRequest['settings']) =>
    planRun(
      { ...rest, settings, seed: seeds[0], evaluateEvery: 0, checkpointEvery: 0, envWorkers: 0 },
      access,
    );
  let run = await plan(request.settings);
  const { agent, totalSteps, numEnvs } = run.spec;
  const reason = whyNoAccount(run);
  if (reason !== undefined) {
    throw new ConfigError(
      'no-account',
      `${reason.replace(/\.$/, '')}; controls need an env on candles whose account can be judged, such as "trading".`,
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

/** @throws ConfigError `no-account` for an env that trades no bars */
async function requireBars({ env: name, plugins }: ControlsRequest): Promise<void> {
  const { envs } = await loadCatalog(plugins);
  const { needsCandles, needsBooks } = envs.get(name);
  if (needsCandles) return;
  const what = needsBooks
    ? 'trades order books, whose venues belong together: put into another order they would be no market'
    : 'trades no market data';
  throw new ConfigError(
    'no-account',
    `Env "${name}" ${what}. Controls put bars into another order, and need an env on candles whose account can be judged, such as "trading".`,
  );
}

async function trainAndJudge(
  run: Run,
  control: ControlCase,
  seeds: readonly number[],
  signal: AbortSignal | undefined,
): Promise<Pick<ControlResult, 'verdict' | 'returnBeyondExposure' | 'rule' | 'linear'> | undefined> {
  const { candles, isReal = false, hasPower = false, rule } = control;
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
  const resultOf = (played: ExposureRule): RuleResult => {
    const { skillPerYear, finding } = verdictOf([runRule(market, axis, played).backtest]);
    return { skillPerYear: skillPerYear.mean, finding };
  };
  const passEnv = (rows: RowSpan) => shown(createSpanEnv(on, rows, on.spec.seed, true));
  const seen = (rows: RowSpan) => seenBars(passEnv(rows), on.spec.seed);
  const earns = (played: ExposureRule): number => {
    const { equity, length } = recordRule({ env: passEnv(train), seed: on.spec.seed }, played);
    return equity[length - 1];
  };
  return {
    verdict,
    returnBeyondExposure: verdict.skillPerYear.mean,
    ...(rule && { rule: resultOf(rule(candles)) }),
    ...(hasPower &&
      takesExposures(task.createEnv().actionSpace) && {
        linear: resultOf(linearRule(seen(train), seen(span), candles, earns)),
      }),
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
