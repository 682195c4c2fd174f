/** Tells a hole in a series of bars from the times at which its market is closed. */

/** A step between two bars of more than 1.5 times the usual step. */
export interface Gap {
  /** Open time of the bar before the gap. */
  readonly fromMs: number;
  /** Open time of the bar after it. */
  readonly toMs: number;
  /** `closed`: outside the hours in which the market trades on most days. `gap`: bars are missing. */
  readonly kind: 'gap' | 'weekend' | 'holiday' | 'closed';
}

const DAY_MS = 86_400_000;
const GAP_STEPS = 1.5;
/** A market that rests longer than this is not on holiday. */
const MAX_HOLIDAY_MS = 5 * DAY_MS;
/** A pause between the same two times of day is a session's end when it comes on this share of the days. */
const MIN_SESSION_SHARE = 0.1;
const MIN_SESSIONS = 3;

/**
 * Whether a market trades through weekends: bars lie on at least half of the Saturdays between the first and the last.
 * One bar on a Saturday, a special session, does not make it so.
 */
export function tradesThroughWeekends(timeMs: ArrayLike<number>): boolean {
  const saturdays = new Set<number>();
  for (let row = 0; row < timeMs.length; row++) {
    // 1 January 1970 was a Thursday.
    const day = Math.floor(timeMs[row] / DAY_MS);
    if ((day + 4) % 7 === 6) saturdays.add(day);
  }
  const first = Math.floor(timeMs[0] / DAY_MS);
  const last = Math.floor(timeMs[timeMs.length - 1] / DAY_MS);
  let there = 0;
  for (let day = first; day <= last; day++) if ((day + 4) % 7 === 6) there++;
  return there > 0 && 2 * saturdays.size >= there;
}

/**
 * @param timeMs [T] open times, rising
 * @param stepMs the usual step
 * @returns in order of time
 */
export function findGaps(timeMs: ArrayLike<number>, stepMs: number): Gap[] {
  const holes: { fromMs: number; toMs: number }[] = [];
  for (let row = 1; row < timeMs.length; row++) {
    if (timeMs[row] - timeMs[row - 1] > GAP_STEPS * stepMs)
      holes.push({ fromMs: timeMs[row - 1], toMs: timeMs[row] });
  }
  if (holes.length === 0) return [];
  if (tradesThroughWeekends(timeMs)) return holes.map((hole) => ({ ...hole, kind: 'gap' }));
  const sessions = stepMs < DAY_MS ? findSessions(holes, timeMs) : undefined;
  return holes.map((hole) => ({ ...hole, kind: kindOf(hole, stepMs, sessions) }));
}

function kindOf(
  { fromMs, toMs }: { fromMs: number; toMs: number },
  stepMs: number,
  sessions: ReadonlySet<string> | undefined,
): Gap['kind'] {
  if (isWeekend(fromMs, toMs)) return 'weekend';
  if (toMs - fromMs > MAX_HOLIDAY_MS || stepMs > DAY_MS) return 'gap';
  if (sessions === undefined) return 'holiday';
  if (!sessions.has(timesOfDay(fromMs, toMs)) && !sessions.has(closeOf(fromMs))) return 'gap';
  return toMs - fromMs < 1.5 * DAY_MS ? 'closed' : 'holiday';
}

/** Begins on a Friday or Saturday, ends on a Sunday or Monday (UTC) and is at most three days long. */
function isWeekend(fromMs: number, toMs: number): boolean {
  const from = new Date(fromMs).getUTCDay();
  const to = new Date(toMs).getUTCDay();
  return (from === 5 || from === 6) && (to === 0 || to === 1) && toMs - fromMs <= 3 * DAY_MS;
}

/** Times of day between which the market pauses on many days; with summer time there are several. */
function findSessions(
  holes: readonly { fromMs: number; toMs: number }[],
  timeMs: ArrayLike<number>,
): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { fromMs, toMs } of holes) {
    for (const key of [timesOfDay(fromMs, toMs), closeOf(fromMs)])
      counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const days = (timeMs[timeMs.length - 1] - timeMs[0]) / DAY_MS;
  const enough = Math.max(MIN_SESSIONS, MIN_SESSION_SHARE * days * (5 / 7));
  return new Set([...counts].filter(([, count]) => count >= enough).map(([key]) => key));
}

const timesOfDay = (fromMs: number, toMs: number): string => `${fromMs % DAY_MS}-${toMs % DAY_MS}`;
const closeOf = (fromMs: number): string => `${fromMs % DAY_MS}-`;
