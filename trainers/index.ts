/** The public names of the trainers: the training loop, evaluation, back-tests, verdicts and reports. */
export { type ArbitrageOutcome, judgeArbitrage } from './arbitrage/judge.ts';
export type { ArbitrageTrainingOptions } from './arbitrage/options.ts';
export { type ArbitrageRecord, ArbitrageRecorder } from './arbitrage/record.ts';
export { type ArbitrageResult, splitByTime, trainArbitrage } from './arbitrage/train.ts';
export { type Backtest, type BacktestMetrics, type BacktestRecord, backtest } from './backtest.ts';
export { type Baseline, type RandomBaseline, runRandomBaseline, runRuleBaselines } from './baselines.ts';
export { everySteps, PeriodicEvaluation, type PeriodicEvaluationOptions } from './callbacks.ts';
export { type CloningOptions, cloneBehaviour } from './clone-behaviour.ts';
export { playEpisode } from './episode.ts';
export { type Evaluation, evaluate } from './evaluate.ts';
export {
  type EvaluateModelOptions,
  evaluateModel,
  judgePredictions,
  type ModelEvaluation,
  type SignalJudgement,
} from './evaluate-model.ts';
export {
  type Candidate,
  type JudgedSpan,
  type Judgement,
  type JudgeOptions,
  judge,
  verdictOn,
} from './judge.ts';
export { type JudgedTask, tradingTask } from './judged-task.ts';
export { FillTap, type PassDecisions } from './pass-decisions.ts';
export { type PortfolioRule, playPortfolioRules } from './portfolio-rules.ts';
export { type Ablation, ablate, type PriorMarket } from './prior-ablation.ts';
export { type PriorSignalOptions, priorPredictions } from './prior-signal.ts';
export {
  curvesTable,
  fillsTable,
  type RecordedAccount,
  tripsTable,
} from './records/account-tables.ts';
export { recordedAccounts, recordedSignal } from './records/judged-accounts.ts';
export { type ArbitrageReportContext, renderArbitrageReport } from './report/arbitrage.ts';
export { type ReportCosts, renderCostsPage } from './report/costs.ts';
export { renderReport } from './report/render.ts';
export type { Report } from './report/report.ts';
export { type TradingReportOptions, tradingReport } from './report/trading.ts';
export {
  bootstrapInterval,
  type Interval,
  improvementInterval,
  interquartileInterval,
  interquartileMean,
  performanceProfile,
  probabilityOfImprovement,
  type SeedScores,
} from './seed-statistics.ts';
export { backtestSignal, type SignalBacktestOptions, type TradingCosts } from './signal-backtest.ts';
export { compareSkill, type HeldExposure } from './skill.ts';
export { type Span, type SpanName, type Spans, type SplitDates, splitSpans } from './spans.ts';
export { type TrainCallback, type TrainEvent, Training, type TrainOptions, train } from './train.ts';
export {
  type Finding,
  reachVerdict,
  type Verdict,
  type VerdictCase,
} from './verdict.ts';
