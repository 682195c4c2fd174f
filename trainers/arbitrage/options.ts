/** Declares the settings of training an agent for arbitrage and judging it. */
import type { AgentPlugin } from '../../agents/agent.ts';
import type { BookTape } from '../../market/books/tape.ts';
import type { JudgedConfig } from './judged-config.ts';
import type { ArbitrageRecord } from './record.ts';

export interface ArbitrageTrainingOptions {
  readonly books: BookTape;
  /** Complete configuration of the env; its rows are set here. */
  readonly config: JudgedConfig;
  readonly agent: AgentPlugin;
  readonly agentSettings: Record<string, unknown>;
  /** Share of the tape's time that is learnt from, in (0, 1). */
  readonly trainShare: number;
  readonly seeds: readonly number[];
  readonly numEnvs: number;
  /**
   * Env steps of the ladder rule, tuned on the training span, that the agent is taught by before it learns by itself,
   * half of them on the fitted synthetic market, half on the training span; 0: none. Of two venues.
   */
  readonly cloningSteps: number;
  /** Env steps on the fitted synthetic market; 0: none. */
  readonly syntheticSteps: number;
  /** Env steps on the training span. */
  readonly tapeSteps: number;
  /** Fees and latencies that the trained agents are judged under as well. */
  readonly sensitivity: { readonly feeRates: readonly number[]; readonly latenciesMs: readonly number[] };
  /** Told what each seed gained on the test span, basis points of the capital, in equal stretches of its time. */
  readonly onJudged?: (seed: number, gainsBps: Float64Array) => void;
  /** Handed what each rule and each seed did on both spans, decision by decision; absent: nothing is recorded. */
  readonly onRecord?: (
    trader: string,
    seed: number | undefined,
    span: 'train' | 'test',
    record: ArbitrageRecord,
  ) => void;
  /** Told, while a seed learns, the mean return of the episodes that have ended since it was told last. */
  readonly onLearning?: (seed: number, step: number, meanReturn: number) => void;
  /** Told what is being done. */
  readonly onProgress?: (message: string) => void;
}
