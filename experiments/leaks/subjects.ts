/** Lists what of a catalogue, and of the files behind it, can be proved to know no later data. */
import { existsSync, statSync } from 'node:fs';
import { ConfigError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import type { EnvPlugin } from '../../envs/env.ts';
import type { Feature } from '../../market/features/features.ts';
import { createFeaturePipeline, type FeaturePipeline, featureName } from '../../market/features/pipeline.ts';
import type { CandleFunction, LookAheadSubject } from '../../trainers/look-ahead/subjects.ts';
import { openModel } from '../models/store.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { type Catalog, exportsOf } from '../plugins/catalog.ts';
import { kindOf, PLUGIN_KINDS, type PluginKind } from '../plugins/kinds.ts';
import { importModule } from '../plugins/modules.ts';

export interface LeakSubject {
  /** `feature "peek"` */
  readonly label: string;
  /** Absent: there is nothing to prove, for the reason beside it. */
  readonly subject?: LookAheadSubject;
  /** A phrase: `reads no market data`. */
  readonly nothingToProve?: string;
  /** Which settings on the command line are its own. */
  readonly part: 'env' | 'feature' | 'reward' | 'fee' | 'slippage' | 'model' | 'function';
}

/** Kinds that read market data, and the part of `--set` with their settings. */
const PARTS: Partial<Readonly<Record<PluginKind, LeakSubject['part']>>> = {
  features: 'feature',
  rewards: 'reward',
  fees: 'fee',
  slippages: 'slippage',
  envs: 'env',
  models: 'model',
};

/**
 * @param names features with or without a window, other plugins, exported functions and pipelines, folders or registry names of models;
 *   none: all of the plugin files, or all that is built in where there are no files
 * @throws ConfigError `unknown-name`
 */
export async function leakSubjects(
  catalog: Catalog,
  names: readonly string[],
  registry: string,
  access: PluginAccess,
): Promise<LeakSubject[]> {
  const own = await exportedSubjects(catalog);
  if (names.length === 0)
    return own.length > 0 ? own.map(([, subject]) => subject) : builtInSubjects(catalog);
  const found: LeakSubject[] = [];
  for (const name of names) found.push(...(await subjectsNamed(name, catalog, own, registry, access)));
  return found;
}

async function subjectsNamed(
  name: string,
  catalog: Catalog,
  own: readonly (readonly [string, LeakSubject])[],
  registry: string,
  access: PluginAccess,
): Promise<LeakSubject[]> {
  const kinds = Object.entries(PARTS) as [keyof typeof PARTS & PluginKind, LeakSubject['part']][];
  const plugins = kinds
    .filter(([kind]) => catalog[kind].has(name))
    .map(([kind]) => subjectOf(kind, catalog[kind].get(name)));
  const functions = own
    .filter(([label, { part }]) => label === name && part === 'function')
    .map(([, subject]) => subject);
  const all = [...plugins, ...functions];
  if (all.length > 0) return all;
  if (catalog.features.has(featureName(name))) {
    const subject = createFeaturePipeline([name], { normalize: 'none', features: catalog.features });
    return [{ label: `feature "${name}"`, subject, part: 'feature' }];
  }
  const isFolder = existsSync(name) && statSync(name).isDirectory();
  if (isFolder || name.includes('@')) {
    const { model } = await openModel(name, registry, access);
    return [{ label: `model "${name}"`, subject: model, part: 'model' }];
  }
  const known = [...kinds.flatMap(([kind]) => catalog[kind].names()), ...own.map(([label]) => label)];
  throw new ConfigError('unknown-name', `Nothing to prove is named "${name}".${suggestion(name, known)}`);
}

/** What is built in and shows nothing without something of the user's own: proved by name, with that. */
const NEEDS: Readonly<Record<string, string>> = {
  'feature "column"': 'it shows a column of yours; name it, column:NAME, with --data',
  'feature "spread-zscore"':
    'it shows a market beside another; name it, spread-zscore:60:other=COLUMN, with --data',
  'feature "hedge-ratio"':
    'it shows a market beside another; name it, hedge-ratio:60:other=COLUMN, with --data',
  'env "pairs"': 'it needs two markets',
  'env "carry"': 'it needs the books of its legs, and funding rates',
  'env "perp-carry"': 'it needs the books of its legs, and funding rates',
  'env "premium"': 'it needs the books of its three legs',
  'env "triangular"': 'it needs the books of its three legs',
  'model kind "lightgbm"': 'it is read from a file, not trained',
};

function builtInSubjects(catalog: Catalog): LeakSubject[] {
  return (Object.keys(PARTS) as PluginKind[]).flatMap((kind) =>
    [...(catalog[kind] as Iterable<{ readonly name: string }>)].map((plugin) => {
      const { label, part, ...rest } = subjectOf(kind, plugin);
      return label in NEEDS ? { label, part, nothingToProve: NEEDS[label] } : { label, part, ...rest };
    }),
  );
}

function subjectOf(kind: PluginKind, plugin: { readonly name: string }): LeakSubject {
  const label = `${PLUGIN_KINDS[kind].kind} "${plugin.name}"`;
  const part = PARTS[kind] ?? 'function';
  const reads = kind !== 'envs' || readsMarket(plugin as unknown as EnvPlugin);
  if (!(kind in PARTS) || !reads) return { label, part, nothingToProve: 'it reads no market data' };
  return { label, part, subject: plugin as unknown as Feature };
}

const readsMarket = ({ needsCandles, needsBooks }: EnvPlugin): boolean => needsCandles || needsBooks;

/** All that the files export: plugins, pipelines, trained models, and functions of one argument, which are taken as functions of candles. */
async function exportedSubjects(catalog: Catalog): Promise<[string, LeakSubject][]> {
  const found: [string, LeakSubject][] = [];
  const seen = new Set<unknown>();
  for (const { path, sha256 } of catalog.files) {
    for (const [name, value] of exportsOf(await importModule(path, 'plugin', sha256))) {
      if (seen.has(value)) continue;
      seen.add(value);
      const kind = kindOf(value);
      if (kind !== undefined) {
        found.push([(value as { name: string }).name, subjectOf(kind, value as { name: string })]);
      } else if (isPipeline(value)) {
        found.push([name, { label: `pipeline "${name}"`, subject: value, part: 'function' }]);
      } else if (typeof value === 'function' && value.length === 1) {
        const subject = value as CandleFunction;
        found.push([name, { label: `function "${name}"`, subject, part: 'function' }]);
      }
    }
  }
  return found;
}

function isPipeline(value: unknown): value is FeaturePipeline {
  if (typeof value !== 'object' || value === null) return false;
  const { compute, stream, columns } = value as Partial<FeaturePipeline>;
  return typeof compute === 'function' && typeof stream === 'function' && Array.isArray(columns);
}
