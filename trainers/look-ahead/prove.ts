/** Proves on a user's own feature, pipeline, reward, env or model that nothing in it knows later data. */
import { ConfigError } from '../../core/errors.ts';
import { columnOf, explainLookAhead, type LeakFinding, type LookAheadProof } from './findings.ts';
import { findForeknowledge, findOwnData } from './own-data.ts';
import { compareUpTo, reacts } from './perturbation.ts';
import { findSameClose } from './same-close.ts';
import { type LookAheadSubject, tracerOf } from './subjects.ts';
import type { Observed } from './trace.ts';
import type { LookAheadOptions, Tracer } from './tracer.ts';
import { trapWalk } from './trap-walk.ts';

const NUM_CUTS = 40;
/** Rows of the walk that it runs on without candles. */
export const PROOF_ROWS = 420;
/** Columns that are explained of one subject; others leak likewise. */
const MOST_FINDINGS = 4;

/**
 * Changes all data after a row, many times, and compares everything that was shown at or before that row, bit by bit.
 * @throws ConfigError `look-ahead` naming the column, the row and how many bars ahead it reads; `look-ahead-unproven` when
 *   the subject shows nothing of the data, or goes by data of its own; `row-unknown`
 * @example
 * await checkNoLookAhead(myFeature);
 * await checkNoLookAhead((candles) => new TradingEnv({ candles, config: { normalize: 'none' } }));
 */
export async function checkNoLookAhead(
  subject: LookAheadSubject,
  options: LookAheadOptions = {},
): Promise<void> {
  const { status, findings, reason } = await proveNoLookAhead(subject, options);
  if (status === 'sound') return;
  const code = status === 'leak' ? 'look-ahead' : 'look-ahead-unproven';
  throw new ConfigError(code, findings[0]?.message ?? reason!);
}

/**
 * The same, told instead of thrown: every column that leaks, by the row and the bars that it reads.
 * @throws ConfigError `look-ahead-subject`, `row-unknown`; whatever the subject throws on the data as they are
 */
export async function proveNoLookAhead(
  subject: LookAheadSubject,
  options: LookAheadOptions = {},
): Promise<LookAheadProof> {
  const { candles = trapWalk(PROOF_ROWS) } = options;
  const tracer = tracerOf(subject, options, candles);
  const original = await tracer.trace();
  const cuts = options.cuts ?? usualCuts(tracer, original, options.numCuts);
  const found = await findChanges(tracer, original, cuts);
  const known = { subject: tracer.name, numCuts: cuts.length };
  const findings = [...found.findings];
  if (findings.length === 0) findings.push(...(await findForeknowledge(tracer, original)));
  findings.push(...findSameClose(tracer, original));
  if (findings.length > 0) return { ...known, status: 'leak', findings };
  const own = await findOwnData(tracer, original);
  if (own.length > 0) return { ...known, status: 'unproven', findings: own };
  if (found.shown) return { ...known, status: 'sound', findings };
  return {
    ...known,
    status: 'unproven',
    findings,
    reason:
      `The ${tracer.name} shows nothing of the data around the rows ${listRows(cuts)}: a run that reacts to no change proves ` +
      'nothing. Give candles, cuts or steps that it goes through.',
  };
}

/** The values that the data after a row change, the first of each column. */
async function findChanges(
  tracer: Tracer,
  original: readonly Observed[],
  cuts: readonly number[],
): Promise<{ findings: LeakFinding[]; shown: boolean }> {
  const findings: LeakFinding[] = [];
  const columns = new Set<string>();
  let shown = false;
  for (const cut of cuts) {
    if (findings.length >= MOST_FINDINGS) break;
    const perturbed = await tracer.trace({ from: cut });
    const found = compareUpTo(cut, original, perturbed);
    if (found !== undefined) {
      const index = original.indexOf(found.entry);
      for (const place of found.places.length > 0 ? found.places : [-1]) {
        const column = columnOf(found, place);
        if (columns.has(column) || findings.length >= MOST_FINDINGS) continue;
        columns.add(column);
        findings.push(await explainLookAhead(tracer, found, place, index));
      }
      continue;
    }
    shown ||= reacts(cut, original, perturbed);
    if (!tracer.isPrefix || cut + 1 >= tracer.length || columns.has('')) continue;
    const finding = await findEnd(tracer, original, cut);
    if (finding === undefined) continue;
    columns.add('');
    findings.push(finding);
  }
  return { findings, shown };
}

/** What is another when the data end at a row, though nothing in them has changed. */
async function findEnd(
  { name, trace, timeOf }: Tracer,
  original: readonly Observed[],
  cut: number,
): Promise<LeakFinding | undefined> {
  try {
    const ended = compareUpTo(cut, original, await trace({ endsAt: cut }));
    if (ended === undefined) return undefined;
    const column = columnOf(ended, ended.place);
    const row = Math.floor(ended.entry.time);
    return {
      kind: 'look-ahead',
      column,
      row,
      time: timeOf(row),
      message: `The ${name} looks ahead: column "${column}" at row ${ended.entry.time} is another when the data end at row ${cut}.`,
    };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const message = `The ${name} cannot do without later data: with ${cut + 1} rows it says: ${text}`;
    return { kind: 'look-ahead', column: name, row: cut, time: timeOf(cut), message };
  }
}

/** Rows between the first that shows something and the last but one, in equal steps. */
function usualCuts(
  { firstCut, usualCuts: own = NUM_CUTS, length }: Tracer,
  entries: readonly Observed[],
  numCuts = own,
): readonly number[] {
  const times = entries.map(({ time }) => time);
  const first = firstCut ?? Math.min(...times);
  const last = Math.min(Math.max(...times) - 1, length - 2);
  const most = Math.max(2, Math.min(numCuts, own === NUM_CUTS ? numCuts : own));
  const cuts = Array.from({ length: most }, (_, i) => Math.floor(first + ((last - first) * i) / (most - 1)));
  return [...new Set(cuts)].filter((cut) => cut >= 0);
}

function listRows(cuts: readonly number[]): string {
  return cuts.length > 12 ? `${cuts.slice(0, 3).join(', ')} … ${cuts.at(-1)}` : cuts.join(', ');
}
