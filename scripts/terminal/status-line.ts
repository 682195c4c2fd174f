/** One line of state at the bottom of a terminal, below everything else that is printed. */
import { printable } from '../../core/printable.ts';
import type { LiveRun } from '../../live/session/live-run.ts';
import { UNVERIFIED_BOOK } from '../../live/venues/find.ts';
import type { Console } from './console.ts';
import type { Output } from './io.ts';

export interface StatusLine {
  /** Whether there is a terminal to show it on. */
  readonly isShown: boolean;
  show(text: string): void;
  /** Prints something above it. */
  around(print: () => void): void;
  /** What a console says is printed above it. */
  above(console: Console): Console;
  /** Takes it away. */
  end(): void;
}

const CLEAR = '\r\u001b[K';
/** Of a terminal that does not say. */
const DEFAULT_COLUMNS = 80;

export function createStatusLine(stream: Output): StatusLine {
  const isShown = stream.isTTY === true;
  let text = '';
  // A line that is longer than the terminal would leave a copy of itself behind each time.
  const draw = (): void => {
    if (text !== '') stream.write(text.slice(0, (stream.columns || DEFAULT_COLUMNS) - 1));
  };
  const clear = (): void => {
    if (text !== '') (stream.raw ?? stream).write(CLEAR);
  };
  const around = (print: () => void): void => {
    clear();
    print();
    draw();
  };
  return {
    isShown,
    show(next) {
      if (!isShown) return;
      clear();
      text = printable(next);
      draw();
    },
    around,
    above: (console) => ({
      ...console,
      say: (line) => around(() => console.say(line)),
      warn: (line) => around(() => console.warn(line)),
    }),
    end() {
      clear();
      text = '';
    },
  };
}

/** `12:00:03 equity 10012.30 exposure 0.50 decisions 12 fills 3 active | binance connected` */
export function statusLine({ market, session, venueStatus }: LiveRun): string {
  const { equity, exposure, numFills } = market.account;
  const time = Number.isFinite(session.timeMs) ? new Date(session.timeMs).toISOString().slice(11, 19) : '–';
  const venues = venueStatus.map(
    ({ venue, verified, state, counters }) =>
      `${venue} ${state} ${counters.frames}${verified ? '' : ` (${UNVERIFIED_BOOK})`}`,
  );
  return (
    `${time} equity ${equity.toFixed(2)} exposure ${exposure.toFixed(3)} decisions ${session.numDecisions} ` +
    `fills ${numFills} ${session.guard.state} | ${venues.join(', ')}`
  );
}
