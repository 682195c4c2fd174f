/** `market-gym costs`: what is left of trained runs at other fees, half-spreads, latencies and capitals. */
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import { formatTable } from '../../core/text-table.ts';
import { writeCosts } from '../../experiments/costs/file.ts';
import { costSurface } from '../../experiments/costs/surface.ts';
import { configurationOf } from '../../experiments/ledger/configuration.ts';
import { placeOf } from '../../experiments/ledger/run-entry.ts';
import { useLedger } from '../../experiments/ledger/use-ledger.ts';
import { openTrainedRun, requireSameTask, type TrainedRun } from '../../experiments/run/judge-runs.ts';
import { version } from '../../experiments/version.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import {
  breakEvenSentences,
  capacitySentence,
  latencyText,
  type ReportCosts,
  renderCostsPage,
  returnText,
  shortSpanNote,
} from '../../trainers/report/costs.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import { finiteNumber } from '../terminal/counts.ts';
import { EXIT_INTERRUPTED } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/io.ts';
import { accessOf, changedCodeOptions } from '../terminal/plugin-options.ts';
import { ledgerOf, ledgerOptions } from './trials/ledger-options.ts';

export const options = (yargs: Argv) =>
  ledgerOptions(changedCodeOptions(yargs))
    .positional('runs', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'Run directories; several of them must differ in their seeds alone',
    })
    .option('fees', {
      type: 'string',
      describe: 'Fees to try, basis points by comma; default: 0 to 4 times the run’s',
    })
    .option('slippages', {
      type: 'string',
      describe: 'Half-spreads to try, basis points by comma; books have their own',
    })
    .option('latencies', {
      type: 'string',
      describe: 'Latencies to try, milliseconds by comma; bars where the env trades bars',
    })
    .option('capitals', {
      type: 'string',
      describe: 'Capitals to try, quote units by comma; default: the run’s and six decades above it',
    })
    .option('impact', {
      coerce: finiteNumber('impact'),
      defaultDescription: '1',
      describe: 'Coefficient of the square-root impact that capital pays, where the run has none',
    })
    .option('checkpoint', { type: 'string', describe: 'best, latest, or a name; default: best' })
    .option('network', {
      type: 'string',
      describe: 'Where the file of --network is now that a run was trained with',
    })
    .option('report', { type: 'string', describe: 'HTML file; default: costs.html in the first run' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['fees', 'slippages', 'latencies', 'capitals', 'impact', 'checkpoint', 'report', 'ledger']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const runs: TrainedRun[] = [];
  for (const path of args.runs) runs.push(await openTrainedRun(path, args.checkpoint, accessOf(args)));
  for (const { run: opened } of runs) for (const note of opened.notes) console.warn(note);
  requireSameTask(runs);
  let progress: ReturnType<typeof console.progress> | undefined;
  const surface = await costSurface(runs, {
    fees: listOf('fees', args.fees, 1e-4),
    slippages: listOf('slippages', args.slippages, 1e-4),
    latencies: listOf('latencies', args.latencies, 1),
    capitals: listOf('capitals', args.capitals, 1),
    impactCoefficient: args.impact,
    onProgress: (done, total) => {
      progress ??= console.progress('costs', total, 0, 'cells');
      progress.update(done);
    },
    signal: io.interrupt(),
  });
  progress?.stop();
  if (surface === undefined) {
    console.say('Interrupted; run it again to start over.');
    return EXIT_INTERRUPTED;
  }
  lookAt(runs, args);
  const [first] = args.runs;
  const files = writeCosts(first, surface);
  const report = args.report ?? join(first, 'costs.html');
  const details = [
    `Repeat: market-gym costs ${args.runs.join(' ')}`,
    `Seeds: ${runs.map((trained) => trained.run.spec.seed).join(', ')}`,
    `Version: market-gym ${version}`,
  ];
  writeFileAtomic(
    report,
    renderCostsPage(surface, `${surface.agent} on ${surface.env} at other costs`, details),
  );
  for (const table of tablesOf(surface)) console.say(`${table}\n`);
  if (surface.feeNote !== undefined) console.say(`${surface.feeNote}\n`);
  console.say(
    `Break-even fee:\n${breakEvenSentences(surface).join('\n')}\n\n${capacitySentence(surface.capacity)}${shortSpanNote(surface)}`,
  );
  console.say(
    `\nFiles: ${files.json}, ${files.csv}; report: ${report}. The report of evaluate has the maps too.`,
  );
  console.result({ ...surface, files: { ...files, report } });
  return 0;
}

/** Results on the test span were seen: whoever chooses by them has used up part of it. */
function lookAt(runs: readonly TrainedRun[], args: Arguments): void {
  const [{ run }] = runs;
  const place = placeOf(run);
  if (place === undefined) return;
  const configuration = configurationOf(run.spec, args.checkpoint);
  const seeds = runs.map((trained) => trained.run.spec.seed);
  useLedger(ledgerOf(args), (ledger) =>
    ledger.look({ timeMs: Date.now(), place, configuration, seeds, verdict: 'costs' }),
  );
}

function tablesOf(surface: ReportCosts): string[] {
  const { cells, hasSlippage } = surface;
  const basisPoints = (rate: number): string => `${Number((rate * 1e4).toPrecision(4))} bp`;
  return [...new Set(cells.map(({ latency }) => latency))].map((latency) => {
    const at = cells.filter((cell) => cell.latency === latency);
    const slippages = [...new Set(at.map(({ slippage }) => slippage))];
    const head = [
      `Net return (Sharpe), ${latencyText(surface, latency)}`,
      ...slippages.map((slippage) =>
        hasSlippage ? `half-spread ${basisPoints(slippage)}` : 'recorded spread',
      ),
    ];
    const rows = [...new Set(at.map(({ fee }) => fee))].map((fee) => [
      `fee ${basisPoints(fee)}`,
      ...slippages.map((slippage) => {
        const { netReturn, sharpe } = at.find((cell) => cell.fee === fee && cell.slippage === slippage)!;
        const ratio = Number.isFinite(sharpe) ? sharpe.toFixed(2) : '–';
        return `${returnText(netReturn)} (${ratio})`.replaceAll('-', '−');
      }),
    ]);
    return formatTable([head, ...rows]);
  });
}

/** Numbers by comma. @throws ConfigError `invalid-setting` for what is none, or is negative */
function listOf(name: string, text: string | undefined, unit: number): number[] | undefined {
  if (text === undefined) return undefined;
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (numbers.every((number) => Number.isFinite(number) && number >= 0)) {
    return numbers.map((number) => Number((number * unit).toPrecision(12)));
  }
  throw new ConfigError('invalid-setting', `--${name} takes numbers of 0 or more by comma, got "${text}".`);
}
