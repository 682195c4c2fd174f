/** Proves of plugins, pipelines and models that they know no later data, on a walk that real data's traps are in, and on the user's own. */
import { MarketGymError } from '../../core/errors.ts';
import type { EnvPlugin, RowSpan } from '../../envs/env.ts';
import { type Candles, sliceCandles } from '../../market/candles/candles.ts';
import type { ReadOptions } from '../../market/files/options.ts';
import type { LookAheadProof } from '../../trainers/look-ahead/findings.ts';
import { PROOF_ROWS, proveNoLookAhead } from '../../trainers/look-ahead/prove.ts';
import type { LookAheadOptions } from '../../trainers/look-ahead/tracer.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { openCatalog } from '../plugins/catalog.ts';
import { loadRunBooks } from '../run/books.ts';
import { loadMarket } from '../run/market.ts';
import { type LeakSubject, leakSubjects } from './subjects.ts';

type Settings = Readonly<Record<string, unknown>>;

export interface LeakCheckRequest {
  /** As `leakSubjects` takes them. */
  readonly names: readonly string[];
  /** By part: `env`, `feature`, `reward`, `fee`, `slippage`, `model`. */
  readonly settings?: Readonly<Record<string, Settings>>;
  /** Candles, or order books for envs on books, to prove it on too. */
  readonly data?: string;
  readonly read?: ReadOptions;
  /** Rows of the data that are used, from the first on. */
  readonly rows: number;
  /** Rows after which all data are changed. */
  readonly cuts: number;
  /** Of models that are named. */
  readonly registry: string;
  readonly access?: PluginAccess;
}

/** `nothing`: it reads no market data. */
export type LeakResult = Omit<LookAheadProof, 'status'> & {
  readonly status: LookAheadProof['status'] | 'nothing';
};

/**
 * @param onResult told of each as it is known
 * @throws ConfigError `unknown-name`; as the loading of plugins and data
 */
export async function checkLeaks(
  request: LeakCheckRequest,
  onResult: (result: LeakResult) => void = () => {},
): Promise<LeakResult[]> {
  const { names, access = {}, registry, data, cuts, settings = {} } = request;
  const catalog = await openCatalog([], access, 'The command', { needsPlugins: false });
  const subjects = await leakSubjects(catalog, names, registry, access);
  const own = data === undefined ? {} : await loadOwn(data, request, subjects);
  const results: LeakResult[] = [];
  for (const subject of subjects) {
    const options = { numCuts: cuts, config: settings[subject.part], parts: catalog };
    const result = await check(subject, options, own);
    results.push(result);
    onResult(result);
  }
  return results;
}

async function check(
  { label, subject, nothingToProve }: LeakSubject,
  options: LookAheadOptions,
  own: Pick<LookAheadOptions, 'candles' | 'books'>,
): Promise<LeakResult> {
  const none = { subject: label, findings: [], numCuts: 0 };
  if (subject === undefined) return { ...none, status: 'nothing', reason: nothingToProve };
  const proofs: LookAheadProof[] = [];
  let reason = '';
  for (const data of Object.keys(own).length > 0 ? [{}, own] : [{}]) {
    for (const span of spansOf(subject, data)) {
      try {
        proofs.push(await prove(subject, { ...options, ...data, span }));
      } catch (error) {
        reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
      }
    }
  }
  const worst =
    proofs.find(({ status }) => status === 'leak') ??
    proofs.find(({ findings }) => findings.length > 0) ??
    proofs.find(({ status }) => status === 'sound') ??
    proofs[0];
  if (worst !== undefined) return { ...worst, subject: label };
  return { ...none, status: 'unproven', reason: `The ${label} cannot be run: ${reason.replace(/\.$/, '')}.` };
}

/** An env that uses spans is tried on the first part of the rows too: it must not know those after its span. */
function spansOf(
  subject: NonNullable<LeakSubject['subject']>,
  { candles }: Pick<LookAheadOptions, 'candles'>,
): (RowSpan | undefined)[] {
  if (!('usesSpan' in subject) || !subject.usesSpan || subject.needsBooks) return [undefined];
  return [undefined, { fromRow: 0, toRow: Math.floor((candles?.length ?? PROOF_ROWS) * SPAN_SHARE) }];
}

const SPAN_SHARE = 0.85;
/** What makes a warm-up short, where a walk is too short for the usual one. */
const SHORT: Settings = { normalizationBars: 20, barMs: 2000 };

async function prove(
  subject: NonNullable<LeakSubject['subject']>,
  options: LookAheadOptions,
): Promise<LookAheadProof> {
  try {
    return await proveNoLookAhead(subject, options);
  } catch (error) {
    const isShort =
      error instanceof MarketGymError && ['range-too-short', 'too-few-rows'].includes(error.code);
    if (!isShort || !('needsCandles' in subject)) throw error;
    const { shape } = (subject as EnvPlugin).config;
    const { config = {} } = options;
    const shorter = Object.entries(SHORT).filter(([key]) => key in shape && !(key in config));
    if (shorter.length === 0) throw error;
    return proveNoLookAhead(subject, { ...options, config: { ...config, ...Object.fromEntries(shorter) } });
  }
}

async function loadOwn(
  data: string,
  { rows, access = {}, read = {} }: LeakCheckRequest,
  subjects: readonly LeakSubject[],
): Promise<Pick<LookAheadOptions, 'candles' | 'books'>> {
  const takesBooks = subjects.some(
    ({ subject }) => subject !== undefined && 'needsBooks' in subject && subject.needsBooks,
  );
  if (takesBooks) return { books: (await loadRunBooks(data, {}, access, read)).tape };
  const { candles } = await loadMarket(data, {}, access, { read });
  return { candles: first(candles, rows) };
}

function first(candles: Candles, rows: number): Candles {
  return candles.length > rows ? sliceCandles(candles, 0, rows) : candles;
}
