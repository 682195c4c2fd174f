/** Judges trained runs: trading agents against baselines on every span, others by the returns of episodes. */
import type { Agent } from '../../agents/agent.ts';
import { ConfigError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import { formatTable } from '../../core/text-table.ts';
import { PortfolioEnv } from '../../envs/portfolio.ts';
import { type EpisodeRecord, recordEpisodes } from '../../envs/wrappers/record-episodes.ts';
import { describeBarYear } from '../../market/candles/periods.ts';
import { type CheckpointEntry, listCheckpoints } from '../../storage/checkpoint.ts';
import { RunDirectory } from '../../storage/run-directory.ts';
import type { Backtest } from '../../trainers/backtest.ts';
import { type Evaluation, evaluate } from '../../trainers/evaluate.ts';
import {
  type JudgedSpan,
  type Judgement,
  type JudgeOptions,
  judge,
  judgeCandidates,
} from '../../trainers/judge.ts';
import { type PortfolioRule, playPortfolioRules } from '../../trainers/portfolio-rules.ts';
import type { Report, ReportLearning, ReportMetric } from '../../trainers/report/report.ts';
import { fixedText, percentText } from '../../trainers/report/text.ts';
import { tradingMetrics, tradingReport } from '../../trainers/report/trading.ts';
import { isoDate } from '../../trainers/spans.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { costsOf, judgedTask, namingEnv, whyNoAccount } from './judged-task.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { buildAgent, createEvaluationEnv } from './parts.ts';
import { codeOfRun, describeAllowed, type Run, readRunSpec, reopenRun } from './spec.ts';
import { BEST_CHECKPOINT } from './training-session.ts';

/** Episodes by which an agent is judged where there are no bars to pass through once. */
const DEFAULT_EPISODES = 100;

/** A run with its agent as a checkpoint has it. */
export interface TrainedRun {
  readonly run: Run;
  readonly directory: RunDirectory;
  readonly checkpoint: CheckpointEntry;
  readonly agent: Agent;
}

/**
 * @param checkpoint a checkpoint's name, `best` or `latest`; without it the best, or the latest where none was evaluated
 * @param access which code the user lets the run bring along
 * @throws ConfigError `no-checkpoint`, `one-fold` for a split of a cross-validation, and as `reopenRun`
 */
export async function openTrainedRun(
  path: string,
  checkpoint?: string,
  access: PluginAccess = {},
): Promise<TrainedRun> {
  const directory = new RunDirectory(path);
  const run = await reopenRun(readRunSpec(directory), access, `The run "${path}"`);
  if (run.spec.data?.fold !== undefined) {
    throw new ConfigError(
      'one-fold',
      `"${path}" is one split of a cross-validation, trained on rows around those that it is tested by; judge all of them with market-gym crossval.`,
    );
  }
  return loadTrainedRun(run, directory, checkpoint);
}

/** The same of a run whose parts are built already. @throws ConfigError `no-checkpoint` */
export function loadTrainedRun(run: Run, directory: RunDirectory, checkpoint?: string): TrainedRun {
  const entry = chooseCheckpoint(directory, checkpoint);
  // What does not belong together is refused before memory is taken for it.
  const stored = openCheckpoint(entry.path, run.spec);
  const agent = buildAgent(run, createEvaluationEnv(run, 'test'), run.spec.numEnvs);
  stored.restore('run/agent', agent);
  return { run, directory, checkpoint: entry, agent };
}

export function chooseCheckpoint(directory: RunDirectory, wanted: string | undefined): CheckpointEntry {
  const entries = listCheckpoints(directory.checkpoints);
  const latest = entries.at(-1);
  const named = entries.find(({ name }) => name === (wanted ?? BEST_CHECKPOINT));
  const chosen = named ?? (wanted === undefined || wanted === 'latest' ? latest : undefined);
  if (chosen !== undefined) return chosen;
  if (entries.length === 0) {
    throw new ConfigError('no-checkpoint', `"${directory.path}" holds no checkpoint; train the run first.`);
  }
  const names = entries.map(({ name }) => name);
  throw new ConfigError(
    'no-checkpoint',
    `"${directory.path}" has no checkpoint "${wanted}".${suggestion(String(wanted), ['latest', ...names])}`,
  );
}

/**
 * A run is judged by its account where it trades market data and its env's info tells of one, else by episodes.
 * @returns also why, where a run on market data is not judged by its account
 */
export function judgedBy({ run }: TrainedRun): {
  readonly by: 'account' | 'episodes';
  readonly reason?: string;
} {
  if ((run.market ?? run.books) === undefined) return { by: 'episodes' };
  const reason = whyNoAccount(run);
  return reason === undefined ? { by: 'account' } : { by: 'episodes', reason };
}

/**
 * Plays episodes greedily on the test span, each with a seed of its own.
 * @param episodes default: one pass of candles, which is the same each time, else 100
 * @param onEpisode handed each, with its actions, rewards and pictures
 */
export function evaluateEpisodes(
  { run, agent }: TrainedRun,
  episodes: number | undefined,
  seed: number,
  onEpisode?: (record: EpisodeRecord) => void,
): Evaluation {
  const count = episodes ?? (run.market === undefined ? DEFAULT_EPISODES : 1);
  const env = createEvaluationEnv(run, 'test');
  const played = onEpisode === undefined ? env : recordEpisodes(env, { onEpisode });
  return evaluate(agent, played, { episodes: count, seed });
}

/** What portfolios without a view on returns earn in the episode that runs are evaluated on; none in any other env. */
export function portfolioRules({ run }: TrainedRun, seed: number): PortfolioRule[] {
  const env = createEvaluationEnv(run, 'test');
  return env instanceof PortfolioEnv ? playPortfolioRules(env, seed) : [];
}

/**
 * Judges runs of the same task, in envs of their own plugin.
 * @param options supervised models among the baselines, and how many tries the runs were chosen from
 * @throws EnvError naming the env
 */
export function judgeTrading(runs: readonly TrainedRun[], options: JudgeOptions = {}): Judgement {
  const [{ run }] = runs;
  const candidates = runs.map((trained) => ({ seed: trained.run.spec.seed, agent: trained.agent }));
  return namingEnv(run, () => judge(candidates, judgedTask(run), run.spec.seed, options));
}

/** The account of a run over the test span; undefined where its env has none that can be judged. */
export function testAccount(trained: TrainedRun): Backtest | undefined {
  const { run, agent } = trained;
  if (judgedBy(trained).by !== 'account') return undefined;
  const task = judgedTask(run);
  const candidate = { seed: run.spec.seed, agent };
  return namingEnv(run, () => judgeCandidates([candidate], task, task.spans.test).judged[0].backtest);
}

/** @throws ConfigError `unlike-runs` when the runs differ in more than their seeds and the agent's settings */
export function requireSameTask([first, ...others]: readonly TrainedRun[]): void {
  const task = ({ run: { spec } }: TrainedRun) =>
    JSON.stringify([
      spec.agent.name,
      spec.env,
      spec.data?.sha256,
      spec.data?.validateFrom,
      spec.data?.testFrom,
      codeOfRun(spec),
    ]);
  for (const other of others) {
    if (task(other) === task(first)) continue;
    throw new ConfigError(
      'unlike-runs',
      `"${first.directory.path}" and "${other.directory.path}" differ in agent, env, data, spans or the code of plugins; judge them one at a time.`,
    );
  }
}

/** The table and the verdict, for a terminal. */
export function formatJudgement({ spans, year, verdict }: Judgement, agentName: string): string {
  const blocks = [spans.test, spans.validation, spans.train].map((judged) => {
    const { timeMs } = judged.candidates[0].backtest;
    const note =
      judged.span.name === 'test'
        ? 'not seen in training'
        : judged.span.name === 'train'
          ? 'learnt from'
          : 'chosen by';
    return [
      `${judged.span.name} (${note}), ${isoDate(timeMs[0])} to ${isoDate(timeMs[timeMs.length - 1])}`,
      ...judged.notes,
      formatSpan(judged, agentName),
    ].join('\n');
  });
  return [...blocks, `Figures a year go by ${describeBarYear(year)}.`, verdict.text].join('\n\n');
}

function formatSpan({ candidates, rules, random }: JudgedSpan, agentName: string): string {
  const traders = [
    ...candidates.map(({ seed, backtest }) => ({ name: `${agentName}, seed ${seed}`, backtest })),
    ...rules,
    random.median,
  ];
  const header = ['', ...tradingMetrics.map(({ label }) => label)];
  const rows = traders.map(({ name, backtest }) => {
    const metrics: Record<string, number> = { ...backtest.metrics };
    return [name, ...tradingMetrics.map(({ key, format }) => formatMetric(metrics[key], format))];
  });
  return formatTable([header, ...rows]);
}

export function formatMetric(value: number, format: ReportMetric['format']): string {
  return format === 'percent' ? percentText(value) : fixedText(value, format === 'integer' ? 0 : 2);
}

/**
 * @param command how to repeat it
 * @param trials how many trials led to it, a sentence each
 * @param costs what is left of it at other costs
 */
export function reportOf(
  runs: readonly TrainedRun[],
  judgement: Judgement,
  command: string,
  trials: readonly string[] = [],
  costs?: Report['costs'],
): Report {
  const [{ run }] = runs;
  const { agent, env, data, numEnvs, totalSteps, version } = run.spec;
  const { timeMs } = run.market?.candles ?? run.books!.tape;
  const seeds = runs.map((trained) => trained.run.spec.seed);
  return tradingReport({
    title: `${agent.name} trading ${data!.path}`,
    subtitle:
      `Trained for ${totalSteps.toLocaleString('en')} steps with ${seeds.length === 1 ? 'one seed' : `each of ${seeds.length} seeds`} on the training ` +
      `part of the ${run.market === undefined ? 'books' : 'bars'} from ${isoDate(timeMs[0])} to ` +
      `${isoDate(timeMs[timeMs.length - 1])}; ${describeCosts(run)}.`,
    agentName: agent.name,
    judgement,
    candles: run.market?.candles,
    trials,
    costs,
    learning: runs.map(learningOf),
    details: [
      { label: 'Repeat', value: command, code: true },
      { label: 'Seeds', value: seeds.join(', ') },
      { label: 'Steps', value: `${totalSteps} in ${numEnvs} envs` },
      { label: 'Checkpoints', value: runs.map(({ checkpoint }) => `step ${checkpoint.steps}`).join(', ') },
      { label: 'Data', value: `${data!.path}, SHA-256 of the columns ${data!.sha256}` },
      { label: 'Year', value: describeBarYear(judgement.year) },
      { label: 'Agent', value: formatConfig(agent.config), code: true },
      { label: 'Env', value: formatConfig(env.config), code: true },
      { label: 'Version', value: `market-gym ${version}` },
    ],
    caveats: [
      ...(run.spec.lookAhead ?? []).map(describeAllowed),
      ...judgement.spans.test.notes,
      'A backtest fills every order at the bar price plus the modelled costs; a real market may not.',
      'The random baseline is the median of 20 traders with the turnover of the agent.',
      'An interval over one test span says nothing about other markets or other years.',
      ...(data!.path === 'sp500'
        ? [
            'The series is an index level: it pays no dividends, and it cannot be traded itself.',
            'In a third of its bars, mostly before 2006, the open equals the close before: a fill at the next open is one at the close there.',
          ]
        : []),
    ],
  });
}

/** In words, as far as the env's settings say. */
function describeCosts(run: Run): string {
  const { feeRate, slippageRate, borrowRatePerYear, execution } = costsOf(run);
  const basisPoints = (rate: number): string => `${Number((rate * 1e4).toFixed(2))} bp`;
  const parts = [
    feeRate !== undefined && `fee ${basisPoints(feeRate)}`,
    slippageRate !== undefined && `half-spread ${basisPoints(slippageRate)}`,
    borrowRatePerYear !== undefined && `borrowing ${(borrowRatePerYear * 100).toFixed(1)} % a year`,
    execution !== undefined &&
      `filled at ${execution === 'next-open' ? "the next bar's open" : 'the close just observed'}`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? parts.join(', ') : `costs as the env "${run.spec.env.name}" has them`;
}

/** One setting a line. */
function formatConfig(config: Readonly<Record<string, unknown>>): string {
  return Object.entries(config)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join('\n');
}

function learningOf({ run, directory }: TrainedRun): ReportLearning {
  const rows = directory.readLog().filter(({ kind, meanReturn }) => kind === 'update' && meanReturn !== null);
  return {
    seed: run.spec.seed,
    steps: rows.map(({ step }) => step),
    meanReturn: rows.map(({ meanReturn }) => Number(meanReturn)),
  };
}
