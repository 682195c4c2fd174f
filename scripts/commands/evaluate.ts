/** `market-gym evaluate`: judges trained runs and writes a report. */
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import { MAX_SEED } from '../../core/rng.ts';
import { readCosts } from '../../experiments/costs/file.ts';
import { type CountedOptions, judgeCounted } from '../../experiments/ledger/judge-counted.ts';
import { TAPE_PREFIX } from '../../experiments/live/tape-source.ts';
import { openModel } from '../../experiments/models/store.ts';
import { writeEpisode } from '../../experiments/records/episodes.ts';
import { type RecordFiles, requireRecordNames } from '../../experiments/records/files.ts';
import {
  evaluateEpisodes,
  formatJudgement,
  judgedBy,
  openTrainedRun,
  portfolioRules,
  reportOf,
  requireSameTask,
  type TrainedRun,
} from '../../experiments/run/judge-runs.ts';
import type { TrainedModel } from '../../models/model.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import { listTapes } from '../../storage/tape-segments.ts';
import { recordedAccounts } from '../../trainers/records/judged-accounts.ts';
import { renderReport } from '../../trainers/report/render.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import { wholeNumber } from '../terminal/counts.ts';
import { evaluateModelCommand } from '../terminal/evaluate-model.ts';
import type { Io } from '../terminal/io.ts';
import { reportSession } from '../terminal/live/session-summary.ts';
import { storeOptions, tableOptions } from '../terminal/model-options.ts';
import { accessOf, changedCodeOptions, networkOption } from '../terminal/plugin-options.ts';
import { RECORD_OPTIONS, sayRecords } from '../terminal/records/options.ts';
import { ledgerOf, ledgerOptions } from './trials/ledger-options.ts';

export const options = (yargs: Argv) =>
  ledgerOptions(networkOption(changedCodeOptions(storeOptions(tableOptions(yargs)))))
    .positional('runs', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'Run directories, which may differ in their seeds alone; or tape:DIR, one live session',
    })
    .option('baseline', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe:
        'Model (folder, or name in the registry) whose signal stands among the baselines of trading runs',
    })
    .option('model', {
      type: 'string',
      describe: 'Folder of a supervised model, or its name in the registry, to judge in place of runs',
    })
    .option('data', { type: 'string', describe: 'With --model: candles, or a table with a label column' })
    .option('rows', {
      choices: ['unseen', 'all'] as const,
      default: 'unseen' as const,
      describe: 'With --model: judge by the rows it has not learnt from, or by all',
    })
    .option('set', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'With --model: signal.key=value or costs.key=value',
    })
    .option('checkpoint', { type: 'string', describe: 'best, latest, or a name; default: best' })
    .option('episodes', {
      coerce: wholeNumber('episodes', 1),
      describe: 'Episodes, where no account is judged; default: one pass of candles, else 100',
    })
    .option('seed', {
      default: 1_000_000,
      coerce: wholeNumber('seed', 0, MAX_SEED),
      describe: 'Seed of the first episode',
    })
    .option('report', { type: 'string', describe: 'HTML file; default: report.html in the first run' })
    .options(RECORD_OPTIONS)
    .option('record', {
      type: 'string',
      describe:
        'Folder for the episodes, where no account is judged: actions, rewards, pictures, a JSON file each',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['checkpoint', 'episodes', 'seed', 'report', 'model', 'data', 'set', 'baseline', 'ledger'])
    .requiresArg(['label', 'time', 'ignore', 'classes', 'horizon', 'trades', 'fills', 'curves', 'record']);

export type EvaluateArguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: EvaluateArguments, io: Io): Promise<number> {
  if (args.runs.length > 0 === (args.model !== undefined)) {
    throw new ConfigError('usage', 'Name runs to judge, or a model with --model and --data.');
  }
  requireRecordNames(args);
  if (args.model !== undefined) return evaluateModelCommand(args, args.model, io);
  const console = createConsole(args, io);
  if (args.runs.some((name) => name.startsWith(TAPE_PREFIX))) {
    const [tape, ...others] = args.runs.map((name) => name.slice(TAPE_PREFIX.length));
    if (others.length > 0) throw new ConfigError('usage', 'Name one tape: each session is judged by itself.');
    const tapes = listTapes(tape);
    const isOne = tapes.length === 1;
    const file = isOne ? args.report : undefined;
    if (!isOne && (args.trades ?? args.fills ?? args.curves) !== undefined) {
      throw new ConfigError(
        'usage',
        `"${tape}" holds the tapes of ${tapes.length} markets; name one of them to write its trades.`,
      );
    }
    for (const one of tapes)
      console.result(await reportSession(one, console, { file, access: accessOf(args), records: args }));
    return 0;
  }
  const runs: TrainedRun[] = [];
  const access = accessOf(args);
  for (const path of args.runs) runs.push(await openTrainedRun(path, args.checkpoint, access));
  for (const { run: opened } of runs) for (const note of opened.notes) console.warn(note);
  requireSameTask(runs);
  const { by, reason } = judgedBy(runs[0]);
  if (by === 'account') {
    const baselines = args.baseline.map((model) => ` --baseline ${model}`).join('');
    const command = `market-gym evaluate ${args.runs.join(' ')}${baselines}`;
    const models: TrainedModel[] = [];
    for (const model of args.baseline) models.push((await openModel(model, args.registry, access)).model);
    judgeAndReport(runs, args.report ?? join(args.runs[0], 'report.html'), command, console, {
      models,
      ledger: ledgerOf(args),
      checkpoint: args.checkpoint,
      records: args,
    });
    return 0;
  }
  if ((args.trades ?? args.fills ?? args.curves) !== undefined) {
    throw new ConfigError(
      'no-account',
      `Nothing to write: ${reason ?? `runs in env "${runs[0].run.spec.env.name}" trade no market data.`}`,
    );
  }
  const evaluations = runs.map((trained) => {
    const { meanReturn, deviation, returns } = evaluateEpisodes(
      trained,
      args.episodes,
      args.seed,
      args.record === undefined
        ? undefined
        : (episode) => writeEpisode(folderOf(args.record!, trained, runs), episode),
    );
    const { agent, env } = trained.run.spec;
    const { name, steps } = trained.checkpoint;
    const spread = Number.isNaN(deviation) ? '' : ` ± ${deviation.toFixed(2)}`;
    console.say(
      `${agent.name} on ${env.name}, checkpoint ${name} (step ${steps}): mean return ${meanReturn.toFixed(2)}${spread} ` +
        `over ${returns.length} greedy ${returns.length === 1 ? 'episode' : 'episodes'}`,
    );
    return { run: trained.directory.path, checkpoint: name, step: steps, meanReturn, deviation, returns };
  });
  // The first of the episodes begins with the seed that the rules are given.
  const rules = portfolioRules(runs[0], args.seed);
  for (const { name, episodeReturn, costs } of rules) {
    const paid = (100 * costs).toFixed(2);
    console.say(
      `${name}: return ${episodeReturn.toFixed(2)} of the first episode, costs ${paid} % of the capital`,
    );
  }
  if (reason !== undefined) console.say(reason);
  console.result({
    runs: evaluations,
    ...(rules.length > 0 && { rules }),
    ...(reason !== undefined && { withoutVerdict: reason }),
  });
  return 0;
}

/** Several runs have a folder each. */
function folderOf(folder: string, { run }: TrainedRun, runs: readonly TrainedRun[]): string {
  return runs.length === 1 ? folder : join(folder, `seed-${run.spec.seed}`);
}

/**
 * Prints the judgement of trading runs and writes it as a report.
 * @param options the ledger, and supervised models among the baselines
 */
export function judgeAndReport(
  runs: readonly TrainedRun[],
  file: string,
  command: string,
  console: ReturnType<typeof createConsole>,
  options: Omit<CountedOptions, 'timeMs'> & { readonly records?: RecordFiles },
): void {
  const { judgement, count, sentences } = judgeCounted(runs, { ...options, timeMs: Date.now() });
  const trials = sentences.map(({ sentence }) => sentence);
  writeFileAtomic(file, renderReport(reportOf(runs, judgement, command, trials, readCosts(runs))));
  console.say(formatJudgement(judgement, runs[0].run.spec.agent.name));
  if (trials.length > 0) console.say(`\n${trials.join('\n')}`);
  console.say(`\nReport: ${file}`);
  sayRecords(options.records ?? {}, recordedAccounts(judgement, runs[0].run.spec.agent.name), console);
  const { spans, verdict } = judgement;
  const metricsOf = ({ candidates, rules, random, notes }: (typeof spans)['test']) => ({
    ...(notes.length > 0 && { notes }),
    seeds: Object.fromEntries(candidates.map(({ seed, backtest }) => [seed, backtest.metrics])),
    baselines: Object.fromEntries(
      [...rules, random.median].map(({ name, backtest }) => [name, backtest.metrics]),
    ),
  });
  console.result({
    verdict,
    trials: { ...count, sentences: trials },
    test: metricsOf(spans.test),
    validation: metricsOf(spans.validation),
    train: metricsOf(spans.train),
    report: file,
  });
}
