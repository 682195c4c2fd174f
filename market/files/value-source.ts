/** A table whose values are there already, as JSON, Parquet and Arrow files give them: column by column, of any type. */
import { quote, type RowFaults } from './faults.ts';
import { GrowingColumn, WordColumn } from './growing.ts';
import { parseNumber } from './numbers.ts';
import { type Columns, isBlank, type ReadPlan, type TableSource } from './table.ts';
import { TimeColumn } from './time-column.ts';

/** [N] numbers, big integers, texts, dates, booleans, null. */
export type Values = ArrayLike<unknown>;

/** Times that the file itself declares to be times, as UTC epoch ms; `isAbsolute` is false for those without a zone. */
export interface DeclaredTimes {
  readonly ms: ArrayLike<number>;
  readonly isAbsolute: boolean;
}

export interface ValueTable {
  readonly path: string;
  readonly format: string;
  readonly names: readonly string[];
  readonly numRows: number;
  /** `row` by default: what the file calls its rows; they are counted from 1. */
  readonly rowWord?: string;
  readonly notes?: readonly string[];
  /** Asked for once a column. */
  values(column: number): Values | Promise<Values>;
  /** Undefined for a column that is not declared as time. */
  times?(column: number): DeclaredTimes | undefined | Promise<DeclaredTimes | undefined>;
  /** The first rows of all columns, [N][columns]. */
  sample(): readonly (readonly unknown[])[];
}

export function valueSource(table: ValueTable): TableSource {
  const { path, format, names, numRows, notes = [], rowWord = 'row' } = table;
  const describeSource = (row: number) => `${rowWord} ${row + 1}`;
  return {
    path,
    format,
    names,
    sample: table.sample().map((row) => row.map(asText)),
    notes,
    async read(plan: ReadPlan, faults: RowFaults): Promise<Columns> {
      const wanted = async (column: number | undefined) =>
        column === undefined ? undefined : await table.values(column);
      const declared = plan.time === undefined ? undefined : await table.times?.(plan.time);
      const declaredLocal = plan.localTime === undefined ? undefined : await table.times?.(plan.localTime);
      const time = declared === undefined ? await wanted(plan.time) : undefined;
      const localTime = declaredLocal === undefined ? await wanted(plan.localTime) : undefined;
      const clock = await wanted(plan.clock);
      const optional = new Set(plan.optionalNumbers);
      const numberColumns = [...plan.numbers, ...optional];
      const numbers = await Promise.all(numberColumns.map((column) => table.values(column)));
      const wordColumns = plan.words ?? [];
      const words = await Promise.all(wordColumns.map((column) => table.values(column)));
      const whole = adoptWhole();
      if (whole !== undefined) return whole;
      const timeOut = plan.time === undefined ? undefined : new TimeColumn();
      const localOut = plan.localTime === undefined ? undefined : new TimeColumn();
      const numbersOut = numberColumns.map(() => new GrowingColumn());
      const wordsOut = wordColumns.map(() => new WordColumn());
      const kept: number[] = [];
      const scratch = new Float64Array(numberColumns.length);
      for (let row = 0; row < numRows; row++) {
        if (!readNumbers(row) || !readTimes(row)) continue;
        for (let c = 0; c < numberColumns.length; c++) numbersOut[c].push(scratch[c]);
        for (let c = 0; c < wordColumns.length; c++) wordsOut[c].push(asText(words[c][row]).trim());
        kept.push(row);
      }
      return {
        numRows: kept.length,
        time: timeOut,
        localTime: localOut,
        numbers: new Map(numberColumns.map((column, c) => [column, numbersOut[c]])),
        words: new Map(wordColumns.map((column, c) => [column, wordsOut[c]])),
        describeRow: (row) => describeSource(kept[row]),
      };

      /** The columns as they are, where nothing in them needs a second look. */
      function adoptWhole(): Columns | undefined {
        if (plan.clock !== undefined || plan.localTime !== undefined || wordColumns.length > 0)
          return undefined;
        const timeColumn =
          declared !== undefined
            ? TimeColumn.ofDeclared(declared.ms, declared.isAbsolute)
            : time instanceof Float64Array
              ? TimeColumn.ofNumbers(time)
              : undefined;
        if (plan.time !== undefined && timeColumn === undefined) return undefined;
        const adopted = new Map<number, GrowingColumn>();
        for (const [c, column] of numberColumns.entries()) {
          const values = numbers[c];
          if (
            !(values instanceof Float64Array) ||
            (!optional.has(column) && !plan.blankNumbers?.includes(column) && hasNaN(values))
          )
            return undefined;
          adopted.set(column, GrowingColumn.of(values));
        }
        return {
          numRows,
          time: timeColumn,
          localTime: undefined,
          numbers: adopted,
          words: new Map(),
          describeRow: describeSource,
        };
      }

      function readNumbers(row: number): boolean {
        for (let c = 0; c < numberColumns.length; c++) {
          const value = numbers[c][row];
          scratch[c] = typeof value === 'number' ? value : asNumber(value);
          if (!Number.isNaN(scratch[c]) || optional.has(numberColumns[c])) continue;
          if (plan.blankNumbers?.includes(numberColumns[c]) && isBlank(asText(value).trim())) continue;
          const isEmpty = value === null || value === undefined || value === '' || Number.isNaN(value);
          const problem = isEmpty ? 'there is no value' : `${quote(asText(value))} is not a number`;
          faults.add(
            isEmpty ? 'empty-cell' : 'invalid-number',
            `${describeSource(row)}, column ${quote(names[numberColumns[c]])}`,
            problem,
          );
          return false;
        }
        return true;
      }

      function readTimes(row: number): boolean {
        if (!readTime(row, plan.time, timeOut, declared, time, clock)) return false;
        if (readTime(row, plan.localTime, localOut, declaredLocal, localTime)) return true;
        timeOut?.pop();
        return false;
      }

      function readTime(
        row: number,
        column: number | undefined,
        target: TimeColumn | undefined,
        known: DeclaredTimes | undefined,
        values: Values | undefined,
        clocks?: Values,
      ): boolean {
        if (column === undefined || target === undefined) return true;
        if (known !== undefined) {
          const ms = known.ms[row];
          if (!Number.isNaN(ms)) {
            target.pushMs(ms, 'timestamp', known.isAbsolute);
            return true;
          }
        } else {
          const value = values?.[row];
          if (clocks === undefined && typeof value === 'number' && target.pushNumber(value)) return true;
          const text = typeof value === 'number' && Math.abs(value) >= 1e21 ? '' : asText(value).trim();
          if (value instanceof Date && !Number.isNaN(value.getTime())) {
            target.pushMs(value.getTime(), 'timestamp');
            return true;
          }
          if (
            text !== '' &&
            target.pushText(text, clocks === undefined ? undefined : asText(clocks[row])) === undefined
          )
            return true;
        }
        const found = known === undefined ? asText(values?.[row]) : '';
        faults.add(
          found === '' ? 'empty-cell' : 'invalid-time-text',
          `${describeSource(row)}, column ${quote(names[column])}`,
          found === '' ? 'there is no value' : `${quote(found)} is not a date or time that can be read`,
        );
        return false;
      }
    },
  };
}

function asNumber(value: unknown): number {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return parseNumber(value.trim());
  return Number.NaN;
}

/** Nothing for null; no exponent in a whole number. */
export function asText(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '';
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e21) return value.toFixed(0);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  return typeof value === 'object'
    ? JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? Number(part) : part))
    : String(value);
}

function hasNaN(values: Float64Array): boolean {
  const { length } = values;
  for (let row = 0; row < length; row++) if (Number.isNaN(values[row])) return true;
  return false;
}
