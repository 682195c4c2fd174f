/** Lists the accounts of a judgement, those who were judged first. */
import type { SignalJudgement } from '../evaluate-model.ts';
import type { Judgement } from '../judge.ts';
import type { RecordedAccount } from './account-tables.ts';

/** Of each span, the latest first: the seeds, the baselines, the random trader in the middle. */
export function recordedAccounts({ spans }: Judgement, trader: string): RecordedAccount[] {
  return [spans.test, spans.validation, spans.train].flatMap(({ span, candidates, rules, random }) => [
    ...candidates.map(({ seed, backtest }) => ({ span: span.name, trader, seed, backtest })),
    ...[...rules, random.median].map(({ name, backtest }) => ({ span: span.name, trader: name, backtest })),
  ]);
}

/** The signal of a model, and the baselines beside it. */
export function recordedSignal(
  { signal, rules, random }: SignalJudgement,
  trader: string,
): RecordedAccount[] {
  return [{ name: trader, backtest: signal }, ...rules, random.median].map(({ name, backtest }) => ({
    span: 'signal',
    trader: name,
    backtest,
  }));
}
