/** Makes a successor of a champion from newer data, has both judged, and keeps the verdict in the registry. */
import { resolve } from 'node:path';
import { ConfigError, DataError } from '../core/errors.ts';
import { seriesOf } from '../experiments/ledger/run-entry.ts';
import { loadEvaluationData } from '../experiments/models/data.ts';
import { openModel, storeModel } from '../experiments/models/store.ts';
import type { PluginAccess } from '../experiments/plugins/access.ts';
import { readHeader } from '../live/session/assemble.ts';
import { type Candles, hashCandles } from '../market/candles/candles.ts';
import { elapsedYears } from '../market/candles/periods.ts';
import { formatTime } from '../market/candles/timestamps.ts';
import { rowsWithWindow } from '../models/data/dataset.ts';
import type { TrainedModel } from '../models/model.ts';
import { predictSignal } from '../models/signals/predict.ts';
import { trainModel } from '../models/train.ts';
import { unpackAgentModel } from '../storage/agent-model.ts';
import { sha256 } from '../storage/exact-json.ts';
import type { ModelRecord, ModelRegistry } from '../storage/model-registry.ts';
import { readTape, summarizeTape } from '../storage/tape.ts';
import { isTape } from '../storage/tape-segments.ts';
import type { TrialSeries } from '../storage/trials/trial.ts';
import { backtestSignal } from '../trainers/signal-backtest.ts';
import { openAgentCode } from './agent-policies.ts';
import type { LearningEvent } from './events.ts';
import { judgeChallenger } from './gate.ts';
import { performTask } from './learner-tasks.ts';
import { type LearnConfig, settleVerdict } from './registry-state.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A stretch of a tape begins with a decision: so many lengths of it are kept for it, so that it ends before the tape does. */
const ROOM = 1.01;

/** A successor as a trial: by what data it was judged, and what decides it. */
export interface TriedUpdate {
  /** In words: `xgboost after signal@1`. */
  readonly label: string;
  /** Hash of the data, or of the place of a tape that still grows, and the stretch that it was judged by. */
  readonly place: { readonly data: string; readonly fromMs: number; readonly toMs: number };
  /** All but the seed. */
  readonly settings: unknown;
  /** Its account over the stretch, by period; absent where it broke off. */
  readonly account?: TrialSeries;
  readonly periodsPerYear?: number;
}

/** What is to be done, checked as far as it can be before anything is trained. */
export interface Update {
  readonly registry: ModelRegistry;
  readonly champion: ModelRecord;
  readonly trial: number;
  readonly learn: LearnConfig;
  readonly nowMs: number;
  /** Which code the champion may bring along. */
  readonly access?: PluginAccess;
  /** Told of what was tried, for the ledger of trials. */
  readonly onTried?: (tried: TriedUpdate) => void;
  /** Called when the successor has learnt, and when it was judged. */
  readonly onEvent?: (event: LearningEvent) => void;
}

/**
 * Which of two is better, only a stretch can tell that neither has learnt from.
 * @param trainedToMs the champion's newest data; NaN where nobody knows
 * @param fromMs where the stretch begins
 * @param lengthFrom milliseconds of the longest stretch that begins at a time or after it
 * @throws DataError `seen-in-training`
 */
function requireUnseen(
  { champion: { id }, learn: { gate } }: Update,
  trainedToMs: number,
  fromMs: number,
  lengthFrom: (firstMs: number) => number,
): void {
  const firstMs = trainedToMs + gate.embargoHours * HOUR_MS;
  if (!(firstMs > fromMs)) return;
  const days = Math.floor((100 * lengthFrom(firstMs)) / DAY_MS) / 100;
  throw new DataError(
    'seen-in-training',
    `${id} has learnt from data up to ${formatTime(trainedToMs)}, so it cannot be judged fairly from ${formatTime(fromMs)} ` +
      `on; bring newer data${days > 0 ? `, or judge by --forward-days ${days}` : ''}.`,
  );
}

/** @returns the id of the successor, promoted or rejected. @throws DataError `too-few-rows`, `seen-in-training` */
export async function updatePolicy(tape: string, update: Update): Promise<string> {
  const { registry, champion, trial, learn, nowMs, access = {}, onEvent = () => {}, onTried } = update;
  if (!isTape(tape)) {
    throw new ConfigError('no-tape', `"${tape}" holds no tape; name that of a live session.`);
  }
  const { fromMs: beginMs = Number.NaN, toMs = Number.NaN } = summarizeTape(tape);
  const lengthMs = learn.gate.forwardDays * DAY_MS;
  const fromMs = toMs - ROOM * lengthMs;
  const cutMs = fromMs - learn.gate.embargoHours * HOUR_MS;
  if (!(cutMs > beginMs)) throw tooShort(tape, toMs - beginMs, learn);
  requireUnseen(update, champion.manifest.data?.toMs ?? Number.NaN, fromMs, (firstMs) => {
    return (toMs - firstMs) / ROOM;
  });
  const model = unpackAgentModel(registry.load(champion.id));
  const [first] = readTape(tape, { onTorn: () => {} });
  const recorded = [...(model.plugins ?? []), ...((first && readHeader(first.record).plugins) ?? [])];
  const code = await openAgentCode(model, recorded, access, `The model "${champion.id}"`);
  const context = { tape, registry, ...code, venues: [...code.catalog.venues], learn };
  const trained = performTask({ kind: 'train', champion: champion.id, cutMs }, context);
  if (trained.kind !== 'trained') throw tooShort(tape, toMs - beginMs, learn);
  onEvent({ kind: 'trained', id: trained.id });
  const stretch = { fromMs, lengthMs };
  const judged = performTask(
    { kind: 'judge', champion: champion.id, challenger: trained.id, stretch, trial, nowMs },
    context,
  );
  if (judged.kind === 'judged') {
    onTried?.({
      label: `policy after ${champion.id}`,
      place: { data: sha256(`tape ${resolve(tape)}`), fromMs, toMs: fromMs + lengthMs },
      settings: {
        champion: champion.id,
        agent: learn.agentSettings,
        steps: learn.steps,
        spanHours: learn.spanHours,
      },
      ...(judged.account && {
        account: judged.account,
        periodsPerYear: judged.account.returns.length / elapsedYears(judged.account.timeMs),
      }),
    });
    onEvent({ kind: 'judged', id: trained.id, decision: judged.decision, reasons: judged.reasons });
    return trained.id;
  }
  registry.archive(trained.id, nowMs, { reason: 'could not be judged: the tape is too short' });
  throw tooShort(tape, toMs - beginMs, learn);
}

function tooShort(source: string, lengthMs: number, { gate }: LearnConfig): DataError {
  return new DataError(
    'too-few-rows',
    `"${source}" holds ${(lengthMs / DAY_MS).toFixed(1)} days: too few to learn from before ${gate.embargoHours} hours of ` +
      `embargo and ${gate.forwardDays} days to be judged by; bring more, or lower --forward-days.`,
  );
}

/** @returns the id of the successor, promoted or rejected. @throws DataError `too-few-rows`, `seen-in-training` */
export async function updateModel(file: string, update: Update): Promise<string> {
  const {
    registry,
    champion: record,
    trial,
    learn,
    nowMs,
    access = {},
    onEvent = () => {},
    onTried,
  } = update;
  const { gate, seed } = learn;
  const { model: champion, catalog } = await openModel(record.id, registry.path, access);
  if (champion.pipeline === undefined) {
    throw new ConfigError(
      'usage',
      `Model "${record.id}" was trained on a table; only a signal on candles can be traded and judged.`,
    );
  }
  const data = await loadEvaluationData(champion, { file });
  const candles = data.candles as Candles;
  const { timeMs, length } = candles;
  const toMs = timeMs[length - 1];
  const first = timeMs.findLastIndex((time) => time <= toMs - gate.forwardDays * DAY_MS);
  // From the first bar that is traded on, not from the hour that the days make: bars may be far apart.
  const cutMs = timeMs[first] - gate.embargoHours * HOUR_MS;
  // A label that looks beyond the cut is purged.
  const rows = rowsWithWindow(data, champion.window).filter((row) => timeMs[data.labelEnds[row]] < cutMs);
  if (rows.length === 0) throw tooShort(file, toMs - timeMs[0], learn);
  const championTrainedToMs = newestOf(champion);
  requireUnseen(update, championTrainedToMs, timeMs[first], (firstMs) => {
    return toMs - (timeMs.find((time) => time >= firstMs) ?? toMs);
  });

  const settings = { ...(champion.config as Record<string, never>), seed };
  const challenger = await trainModel(data, catalog.models.get(champion.kind), settings, { rows });
  const forward = Int32Array.from({ length: length - first }, (_, i) => first + i);
  const runOf = (model: TrainedModel) => backtestSignal(candles, predictSignal(model, data, forward));
  const account = runOf(challenger);
  const verdict = judgeChallenger(
    {
      champion: runOf(champion),
      challenger: account,
      trainedToMs: newestOf(challenger),
      championTrainedToMs,
      trial,
    },
    gate,
  );
  const target = { save: record.name, registry: registry.path, parent: record.id };
  const [id] = storeModel(target, challenger, {}, catalog.files);
  onEvent({ kind: 'trained', id });
  settleVerdict(registry, id, verdict, nowMs);
  const { kind, pipeline, label, trainedOn } = challenger;
  onTried?.({
    label: `${kind} after ${record.id}`,
    place: { data: hashCandles(candles), fromMs: timeMs[first], toMs },
    settings: {
      kind,
      config: { ...settings, seed: undefined },
      pipeline,
      label,
      dataHash: trainedOn.dataHash,
    },
    account: seriesOf(account),
    periodsPerYear: account.periodsPerYear,
  });
  onEvent({ kind: 'judged', id, decision: verdict.decision, reasons: verdict.reasons });
  return id;
}

/** The newest data that a model has learnt from, its labels' ends included. UTC epoch. */
function newestOf({ trainedOn }: TrainedModel): number {
  return Math.max(...trainedOn.spans.map(([, endMs]) => endMs));
}
