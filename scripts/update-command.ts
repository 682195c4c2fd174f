/** `market-gym update`: trains a model on newer data, judges it against the one in use, and promotes the better. */
import type { Argv } from 'yargs';
import { ConfigError, DataError } from '../core/errors.ts';
import { createRng } from '../core/rng.ts';
import { builtInVenues } from '../live/venues/index.ts';
import { rowsWithWindow } from '../models/dataset.ts';
import type { TrainedModel } from '../models/model.ts';
import { predictSignal } from '../models/predict-signal.ts';
import { trainModel } from '../models/train-model.ts';
import { ModelRegistry } from '../storage/model-registry.ts';
import { summarizeTape } from '../storage/tape.ts';
import {
  type LearnConfig,
  readContinualState,
  resolveLearnConfig,
  settleVerdict,
} from '../trainers/continual.ts';
import { type ForwardRun, judgeChallenger } from '../trainers/gate.ts';
import { backtestSignal } from '../trainers/signal-backtest.ts';
import { loadCatalog } from './catalog.ts';
import { createConsole } from './console.ts';
import { finiteNumber, MAX_SEED, wholeNumber } from './counts.ts';
import { performTask } from './learner-tasks.ts';
import { loadEvaluationData } from './model-data.ts';
import { addTfjsFor, loadModelKinds } from './model-options.ts';
import { openModel, storeModel } from './model-store.ts';
import { DEFAULT_REGISTRY } from './models-command.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

interface UpdateArguments {
  readonly model: string;
  readonly registry: string;
  readonly data?: string;
  readonly tape?: string;
  readonly 'forward-days': number;
  readonly 'embargo-hours': number;
  readonly 'span-hours': number;
  readonly steps: number;
  readonly seed: number;
  readonly plugin?: readonly string[];
  readonly json: boolean;
}

interface Outcome {
  readonly challenger: string;
  readonly decision: 'promote' | 'reject';
  readonly reasons: readonly string[];
}

export function updateOptions(yargs: Argv) {
  return yargs
    .option('model', {
      type: 'string',
      demandOption: true,
      describe: 'Name in the registry, with a champion',
    })
    .option('registry', { type: 'string', default: DEFAULT_REGISTRY, describe: 'Directory of the registry' })
    .option('data', { type: 'string', describe: 'Candles with newer rows, for a supervised model' })
    .option('tape', { type: 'string', describe: 'Tape of a live session, for a policy' })
    .option('forward-days', {
      default: 30,
      coerce: finiteNumber('forward-days'),
      describe: 'Last days of the data: both are judged by them, the new one has not seen them',
    })
    .option('embargo-hours', {
      default: 24,
      coerce: finiteNumber('embargo-hours'),
      describe: 'Hours before them that are not learnt from',
    })
    .option('span-hours', {
      default: 168,
      coerce: finiteNumber('span-hours'),
      describe: 'Hours of a tape to learn from',
    })
    .option('steps', {
      default: 50_000,
      coerce: wholeNumber('steps', 1),
      describe: 'Env steps that a policy learns for',
    })
    .option('seed', { default: 1, coerce: wholeNumber('seed', 0, MAX_SEED), describe: 'Decides everything' })
    .option('plugin', { type: 'string', array: true, describe: 'TypeScript or JavaScript file with agents' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' });
}

export async function updateCommand(args: UpdateArguments): Promise<number> {
  const { model, registry: path, data, tape, json } = args;
  if ((data === undefined) === (tape === undefined)) {
    throw new ConfigError(
      'usage',
      'Name the newer data: --data FILE for a supervised model, --tape DIRECTORY for a policy.',
    );
  }
  const learn = resolveLearnConfig({
    forwardDays: args['forward-days'],
    spanHours: args['span-hours'],
    steps: args.steps,
    seed: args.seed,
    gate: { embargoHours: args['embargo-hours'] },
  });
  const registry = new ModelRegistry(path);
  const console = createConsole({ json });
  try {
    const { challenger, decision, reasons } =
      tape === undefined
        ? await updateModel(registry, model, data ?? '', learn, args)
        : await updatePolicy(registry, model, tape, learn, args);
    const verdict = decision === 'promote' ? 'is the champion now' : 'is rejected';
    console.say(`${challenger} ${verdict}: ${reasons.join('; ')}.`);
    console.result({ challenger, decision, reasons: [...reasons] });
    return 0;
  } finally {
    registry.close();
  }
}

async function updatePolicy(
  registry: ModelRegistry,
  name: string,
  tape: string,
  learn: LearnConfig,
  { plugin = [] }: UpdateArguments,
): Promise<Outcome> {
  const nowMs = Date.now();
  const { champion, trial } = readContinualState(registry, name, nowMs);
  const { toMs = Number.NaN } = summarizeTape(tape);
  const lengthMs = learn.gate.forwardDays * DAY_MS;
  // The stretch begins with a decision: some room, so that it ends before the tape does.
  const fromMs = toMs - 1.01 * lengthMs;
  const cutMs = fromMs - learn.gate.embargoHours * HOUR_MS;
  const context = { tape, registry, catalog: await loadCatalog(plugin), venues: builtInVenues, learn };
  const trained = performTask({ kind: 'train', champion: champion.id, cutMs }, context);
  if (trained.kind !== 'trained') throw tooShort(tape);
  const stretch = { fromMs, lengthMs };
  const judged = performTask(
    { kind: 'judge', champion: champion.id, challenger: trained.id, stretch, trial, nowMs },
    context,
  );
  if (judged.kind !== 'judged') throw tooShort(tape);
  return { challenger: trained.id, decision: judged.decision, reasons: judged.reasons };
}

function tooShort(tape: string): DataError {
  return new DataError(
    'too-few-rows',
    `"${tape}" does not reach over the forward days; record for longer, or judge by fewer.`,
  );
}

async function updateModel(
  registry: ModelRegistry,
  name: string,
  file: string,
  learn: LearnConfig,
  { registry: path, seed, plugin = [] }: UpdateArguments,
): Promise<Outcome> {
  const nowMs = Date.now();
  const { champion: record, trial } = readContinualState(registry, name, nowMs);
  const kinds = await addTfjsFor(record.manifest.kind, await loadModelKinds(plugin));
  const champion = await openModel(record.id, path, kinds);
  const data = await loadEvaluationData(champion, { file });
  const { candles, labelEnds } = data;
  if (candles === undefined) {
    throw new ConfigError(
      'usage',
      `Model "${name}" was trained on a table; only a signal on candles can be traded and judged.`,
    );
  }
  const { timeMs, length } = candles;
  const { gate } = learn;
  const fromMs = timeMs[length - 1] - gate.forwardDays * DAY_MS;
  const cutMs = fromMs - gate.embargoHours * HOUR_MS;
  // A label that looks beyond the cut is purged.
  const rows = rowsWithWindow(data, champion.window).filter((row) => timeMs[labelEnds[row]] < cutMs);
  const settings = { ...(champion.config as Record<string, never>), seed };
  const challenger = await trainModel(data, kinds.get(champion.kind), settings, { rows });
  const first = timeMs.findLastIndex((time) => time <= fromMs);
  const forward = Int32Array.from({ length: length - first }, (_, i) => first + i);
  const [id] = storeModel({ save: name, registry: path, parent: record.id }, challenger, {});
  const runOf = (model: TrainedModel) =>
    signalRun(backtestSignal(candles, predictSignal(model, data, forward)));
  const verdict = judgeChallenger(
    {
      champion: runOf(champion),
      challenger: runOf(challenger),
      trainedToMs: timeMs[labelEnds[rows[rows.length - 1]]],
      trial,
    },
    gate,
    createRng(`${seed}/${id}/bootstrap`),
  );
  settleVerdict(registry, id, verdict, nowMs);
  return { challenger: id, decision: verdict.decision, reasons: verdict.reasons };
}

/** What was traded is told by the change of the exposure: the price's own part in it is small. */
function signalRun({ timeMs, equity, exposure }: ReturnType<typeof backtestSignal>): ForwardRun {
  const tradedNotional = Float64Array.from({ length: timeMs.length - 1 }, (_, t) => {
    return Math.abs(exposure[t + 1] - exposure[t]) * equity[t];
  });
  return { timeMs, equity, tradedNotional };
}
