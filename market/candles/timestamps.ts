/** Writes times for messages. */

const MAX_TIME_MS = 8.64e15;

/** Whether a time lies in the range that a date can express. */
export function isValidTime(timeMs: number): boolean {
  return Math.abs(timeMs) <= MAX_TIME_MS;
}

/** ISO 8601 in UTC, for people: `2020-01-31T13:00:00.000Z`; `an invalid time` where there is none. */
export function formatTime(timeMs: number): string {
  return isValidTime(timeMs) ? new Date(timeMs).toISOString() : 'an invalid time';
}
