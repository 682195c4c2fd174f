/** Writes the numbers of pages: one minus sign, one way for what is not known. */

/** Not known, or of nothing. */
export const NOTHING = '–';

/** `−1.25`, `–` where it is no finite number. */
export function fixedText(value: number, digits = 2): string {
  if (!Number.isFinite(value)) return NOTHING;
  const text = value.toFixed(digits);
  return /^-0(\.0+)?$/.test(text) ? text.slice(1) : text.replace('-', '−');
}

/** `−12.5%` of a fraction. */
export function percentText(fraction: number, digits = 1): string {
  return Number.isFinite(fraction) ? `${fixedText(100 * fraction, digits)}%` : NOTHING;
}

/** `2024-03-01`, UTC */
export function dayText(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/** `2024-03-01 14:30` where bars are shorter than a day, with seconds where there are some. */
export function timeText(timeMs: number, isDaily: boolean): string {
  if (isDaily) return dayText(timeMs);
  const end = Math.floor(timeMs / 1000) % 60 === 0 ? 16 : 19;
  return new Date(timeMs).toISOString().slice(0, end).replace('T', ' ');
}

/** `3 days`, `5.2 h`, `14 min`, `8 s` */
export function durationText(ms: number): string {
  const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
  if (ms >= 2 * day) return `${Math.round(ms / day)} days`;
  if (ms >= 2 * hour) return `${(ms / hour).toFixed(1)} h`;
  return ms >= 2 * minute ? `${Math.round(ms / minute)} min` : `${Math.round(ms / second)} s`;
}
