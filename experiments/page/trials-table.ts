/** Writes the trials of an experiment's searches as a table: CSV for spreadsheets, Parquet for programs. */
import { join } from 'node:path';
import type { Json } from '../../core/snapshot.ts';
import type { Table, TableColumn } from '../../core/table.ts';
import { writeTable } from '../../storage/tables/write-table.ts';
import { figureOf } from '../search/objectives.ts';
import { labelOf } from '../search/plan-search.ts';
import type { SearchResult } from '../search/run-search.ts';

/**
 * A row a trial, in the order of searches and proposals: where it was tried, how it ended, what it came to, and its settings by name.
 * Settings that are no numbers are texts, as JSON where they are lists.
 */
export function trialTable(searches: readonly SearchResult[]): Table {
  const rows = searches.flatMap(({ task, agent, objectives, trials }) =>
    trials.map((trial) => ({ task, agent, objectives, ...trial })),
  );
  const names = [...new Set(rows.flatMap(({ point }) => Object.keys(point)))];
  const objectives = [...new Set(searches.flatMap((search) => search.objectives))];
  type Row = (typeof rows)[number];
  const text = (name: string, of: (row: Row) => string): TableColumn => ({ name, values: rows.map(of) });
  const double = (name: string, of: (row: Row) => number | undefined): TableColumn => ({
    name,
    values: Float64Array.from(rows, (row) => of(row) ?? Number.NaN),
  });
  return [
    text('task', ({ task }) => task),
    text('agent', ({ agent }) => agent),
    text('run', ({ agent, index }) => labelOf(agent, index)),
    double('trial', ({ index }) => index),
    text('state', ({ state }) => state),
    double('last_step', ({ reports }) => reports.at(-1)?.step),
    double('last_value', ({ reports }) => reports.at(-1)?.value),
    ...objectives.map((name) =>
      double(`objective.${name}`, ({ objectives: own, scores }) => {
        const score = scores?.[own.indexOf(name)];
        return score === undefined ? undefined : figureOf(name, score);
      }),
    ),
    ...names.map((name) =>
      settingColumn(
        name,
        rows.map(({ point }) => point[name]),
      ),
    ),
  ];
}

function settingColumn(name: string, values: readonly (Json | undefined)[]): TableColumn {
  if (values.every((value) => value === undefined || typeof value === 'number')) {
    return {
      name,
      values: Float64Array.from(values, (value) => (value as number | undefined) ?? Number.NaN),
    };
  }
  const textOf = (value: Json | undefined): string | undefined =>
    value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
  return { name, values: values.map(textOf) };
}

/** @returns the paths of both. @throws StorageError `write-failed` */
export function writeTrialsTable(
  out: string,
  searches: readonly SearchResult[],
): { readonly csv: string; readonly parquet: string } {
  const table = trialTable(searches);
  const csv = join(out, 'trials.csv');
  const parquet = join(out, 'trials.parquet');
  writeTable(csv, table);
  writeTable(parquet, table);
  return { csv, parquet };
}
