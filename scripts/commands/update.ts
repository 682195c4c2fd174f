/** `market-gym update`: trains a model on newer data, judges it against the one in use, and promotes the better. */
import type { Argv } from 'yargs';
import { describeLearningEvent, type LearningEvent } from '../../continual/events.ts';
import {
  REJECTED,
  readContinualState,
  recoverContinualState,
  resolveLearnConfig,
} from '../../continual/registry-state.ts';
import { type TriedUpdate, type Update, updateModel, updatePolicy } from '../../continual/update-champion.ts';
import { ConfigError } from '../../core/errors.ts';
import { MAX_SEED } from '../../core/rng.ts';
import type { Json } from '../../core/snapshot.ts';
import { countAccounts } from '../../experiments/ledger/count-accounts.ts';
import type { LedgerChoice } from '../../experiments/ledger/use-ledger.ts';
import { DEFAULT_REGISTRY } from '../../experiments/models/default-registry.ts';
import { formatTime } from '../../market/candles/timestamps.ts';
import { isPolicy } from '../../storage/agent-model.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import { type ModelEvent, type ModelRecord, ModelRegistry } from '../../storage/model-registry.ts';
import { renderUpdatePage } from '../../trainers/report/pages/update.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import { finiteNumber, wholeNumber } from '../terminal/counts.ts';
import type { Io } from '../terminal/io.ts';
import { accessOf, codeOptions, networkOption } from '../terminal/plugin-options.ts';
import { parseSettings } from '../terminal/settings.ts';
import { ledgerOf, ledgerOptions } from './trials/ledger-options.ts';

export const options = (yargs: Argv) =>
  ledgerOptions(networkOption(codeOptions(yargs)))
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
    .option('set', {
      type: 'string',
      array: true,
      describe: 'gate.key=value, or agent.key=value while a policy learns on',
    })
    .option('report', { type: 'string', describe: 'HTML page to write' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg([
      'model',
      'registry',
      'data',
      'tape',
      'forward-days',
      'embargo-hours',
      'span-hours',
      'steps',
      'seed',
      'set',
      'ledger',
      'report',
    ]);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code: 0 also where the new model is rejected */
export async function run(args: Arguments, io: Io): Promise<number> {
  const { registry: path, data, tape, json } = args;
  const source = data ?? tape;
  if (source === undefined || (data !== undefined && tape !== undefined)) {
    throw new ConfigError(
      'usage',
      'Name the newer data: --data FILE for a supervised model, --tape DIRECTORY for a policy.',
    );
  }
  const { gate, agent } = parseSettings(args.set ?? [], ['gate', 'agent']);
  if (data !== undefined && Object.keys(agent).length > 0) {
    throw new ConfigError(
      'usage',
      '--set agent.key=value is for policies; a supervised model keeps its settings.',
    );
  }
  const learn = resolveLearnConfig({
    forwardDays: args.forwardDays,
    spanHours: args.spanHours,
    steps: args.steps,
    seed: args.seed,
    agentSettings: agent,
    gate: { embargoHours: args.embargoHours, ...gate },
  });
  const console = createConsole({ json }, io);
  const registry = new ModelRegistry(path);
  try {
    const nowMs = Date.now();
    recoverContinualState(registry, nameOf(args.model), nowMs);
    const { champion, trial } = readContinualState(registry, nameOf(args.model), nowMs);
    requireSource(champion, tape === undefined ? 'data' : 'tape');
    const onEvent = (event: LearningEvent): void => {
      if (event.kind === 'trained') console.say(`${describeLearningEvent(event)}.`);
    };
    const access = accessOf(args);
    let tried: TriedUpdate | undefined;
    const onTried = (update: TriedUpdate): void => {
      tried = update;
    };
    const update: Update = { registry, champion, trial, learn, nowMs, access, onEvent, onTried };
    const challenger = await (tape === undefined
      ? updateModel(source, update)
      : updatePolicy(source, update));
    const { decision, reasons, evidence } = verdictOn(registry, challenger);
    const { fromMs, toMs } = evidence as { fromMs?: number; toMs?: number };
    if (fromMs !== undefined && toMs !== undefined) {
      console.say(
        `${challenger} and ${champion.id} traded from ${formatTime(fromMs)} to ${formatTime(toMs)}.`,
      );
    }
    if (evidence.championTrainedToMs === null) {
      console.say(
        `What ${champion.id} has learnt from is not on record: whether it knew them, nobody can say.`,
      );
    }
    const verdict = decision === 'promote' ? 'is the champion now' : 'is rejected';
    console.say(`${challenger} ${verdict}: ${reasons.join('; ')}.`);
    const trials =
      tried && countUpdate(tried, { ledger: ledgerOf(args), seed: args.seed, source, challenger, decision });
    for (const sentence of trials?.sentences ?? []) console.say(sentence);
    if (args.report !== undefined) {
      const page = renderUpdatePage({
        ...{ champion: champion.id, challenger, decision, reasons, evidence, account: tried?.account },
        trials: trials?.sentences ?? [],
        details: [`Data: ${source}`, `Learning: ${JSON.stringify(learn)}`],
      });
      writeFileAtomic(args.report, page);
      console.say(`Report: ${args.report}`);
    }
    console.result({ champion: champion.id, challenger, decision, reasons, evidence, trials });
    return 0;
  } finally {
    registry.close();
  }
}

/** A successor is a trial, and the gate's verdict on it a look at its stretch. */
function countUpdate(
  { label, place, settings, account, periodsPerYear = 1 }: TriedUpdate,
  given: {
    readonly ledger: LedgerChoice;
    readonly seed: number;
    readonly source: string;
    readonly challenger: string;
    readonly decision: string;
  },
): ReturnType<typeof countAccounts> {
  const { ledger, seed, source, challenger, decision } = given;
  return countAccounts(ledger, {
    kind: 'update',
    label,
    timeMs: Date.now(),
    place,
    source,
    ledTo: challenger,
    tried: [{ settings, seed, test: account }],
    judged: settings,
    periodsPerYear,
    verdict: decision,
  });
}

/** The name alone: another than the champion cannot be succeeded. */
function nameOf(model: string): string {
  const [name, version] = model.split('@');
  if (version === undefined || version === 'champion') return name;
  throw new ConfigError(
    'usage',
    `Only the champion of a name is updated: say --model ${name}, not "${model}".`,
  );
}

/** @throws ConfigError `usage` where the model is not judged by data of that kind */
function requireSource({ id, manifest }: ModelRecord, source: 'data' | 'tape'): void {
  if (isPolicy(manifest) === (source === 'tape')) return;
  throw new ConfigError(
    'usage',
    source === 'tape'
      ? `"${id}" is a supervised model: update it from candles, --data FILE.`
      : `"${id}" is a policy: update it from the tape of a live session, --tape DIRECTORY.`,
  );
}

/** What the registry says of a challenger that was just judged. */
function verdictOn(registry: ModelRegistry, challenger: string) {
  const isVerdict = ({ action }: ModelEvent) => action === 'promoted' || action === REJECTED;
  const { action, evidence: kept } = registry.events(challenger).findLast(isVerdict) as ModelEvent;
  const { reasons, ...evidence } = kept as { reasons: string[]; [key: string]: Json };
  const decision: 'promote' | 'reject' = action === 'promoted' ? 'promote' : 'reject';
  return { decision, reasons, evidence };
}
