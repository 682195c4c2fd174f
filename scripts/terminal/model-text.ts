/** Models of the registry, their metrics, settings and events, as text. */
import type { Json } from '../../core/snapshot.ts';
import { formatColumns } from '../../core/text-table.ts';
import type { ModelEvent, ModelRecord } from '../../storage/model-registry.ts';

export function eventRow({ timeMs, action, evidence }: ModelEvent): string[] {
  return [`  ${formatTime(timeMs)}`, action, evidence === null ? '' : JSON.stringify(evidence)];
}

export function formatFields(value: Json): string {
  const rows = Object.entries(flatten(value)).map(([key, field]) => [`  ${key}`, formatValue(field)]);
  return rows.length === 0 ? '  –' : formatColumns(rows);
}

/** The fields of an object; another value under the name `value`. */
export function flatten(value: Json): Record<string, Json> {
  if (value === null) return {};
  return typeof value === 'object' && !Array.isArray(value) ? value : { value };
}

export function formatMetrics({ manifest }: ModelRecord): string {
  return Object.entries(manifest.metrics)
    .slice(0, 3)
    .map(([name, value]) => `${name} ${formatValue(value)}`)
    .join(', ');
}

export function formatValue(value: Json | undefined): string {
  if (value === undefined) return '–';
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function formatTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
