/** Defines what a person wants to be told of a session without looking at it, and finds it in what happens. */
import { z } from '../../core/config.ts';
import type { Json } from '../../core/snapshot.ts';
import type { TapeRecord } from '../../storage/tape.ts';

export const ALERT_KINDS = [
  'halt',
  'loss',
  'stale',
  'drift',
  'denied',
  'promotion',
  'margin',
  'leg',
  'fill',
  'end',
] as const;

/**
 * `halt`: the trading was stopped; `loss`: a book or connection was lost, a venue given up, or half of the drawdown that
 * halts is reached; `stale`: a book has not been confirmed for too long; `drift`: the model behaves as it did not before;
 * `denied`: nothing of what the policy decides is done; `promotion`: a candidate was judged, or another model decides;
 * `margin`: a position was closed by force; `leg`: one leg of several found less than it was sent for; `fill`: each other fill; `end`: the session is over.
 */
export type AlertKind = (typeof ALERT_KINDS)[number];

export interface Alert {
  readonly kind: AlertKind;
  /** UTC epoch, of the session. */
  readonly timeMs: number;
  /** One sentence. */
  readonly text: string;
  readonly detail: Json;
}

export const alertsSchema = z.array(
  z.strictObject({
    url: z.string().describe('http or https address that is sent a POST with JSON'),
    on: z
      .array(z.enum(ALERT_KINDS))
      .min(1)
      .default(['halt', 'loss', 'stale', 'drift', 'denied', 'margin', 'leg', 'end'])
      .describe(`what it is told of: ${ALERT_KINDS.join(', ')}`),
  }),
);

export type AlertAddress = z.output<typeof alertsSchema>[number];

/** @param nameOf the market of a source, `bybit BTC/USDT` @returns undefined for what nobody needs to be told */
export function alertOf(record: TapeRecord, nameOf: (source: number) => string): Alert | undefined {
  const [kind, timeMs, ...body] = record;
  switch (kind) {
    case 'halt':
    case 'halted':
      return { kind: 'halt', timeMs, text: `Trading is halted: ${body[0]}.`, detail: { reason: body[0] } };
    case 'tape-failed':
      return { kind: 'halt', timeMs, text: `Risk is only reduced: ${body[0]}.`, detail: { reason: body[0] } };
    case 'continues':
      return { kind: 'halt', timeMs, text: 'The session goes on with the spare tape.', detail: body[0] };
    case 'model':
      return {
        kind: 'promotion',
        timeMs,
        text: `${body[0]} decides from now on.`,
        detail: { model: body[0] },
      };
    case 'fill':
      return fillAlert(timeMs, body[0] as FillDetail, nameOf);
    case 'event':
      return venueAlert(timeMs, nameOf(Number(body[0])), String(body[1]), body[2] as EventDetail);
    default:
      return undefined;
  }
}

/** Whether an event of a venue is the end of a session that was told to stop. */
export function isOrderly(detail: Json): boolean {
  const { reason, detail: words } = (detail ?? {}) as { reason?: Json; detail?: Json };
  return reason === 'stopped' || words === 'stopped';
}

type EventDetail = Readonly<Record<string, Json>>;
type FillDetail = Readonly<Record<string, number>>;

/** A share of an order that is rounding. */
const MISSED = 1e-9;

function venueAlert(timeMs: number, name: string, event: string, detail: EventDetail): Alert | undefined {
  // Who stops a session knows that its connections close.
  if (isOrderly(detail)) return undefined;
  const of = (kind: AlertKind, text: string): Alert => ({
    kind,
    timeMs,
    text,
    detail: { market: name, event, ...detail },
  });
  switch (event) {
    case 'book-lost':
      return of('loss', `${name}: the book was lost (${detail.reason}).`);
    case 'disconnected':
      return of('loss', `${name}: the connection was lost (${detail.reason}).`);
    case 'disabled':
      return of('loss', `${name} was given up: ${detail.reason}.`);
    case 'book-stale':
      return of(
        'stale',
        `${name}: the book has not been confirmed for ${Math.round(Number(detail.ageMs))} ms.`,
      );
    default:
      return undefined;
  }
}

function fillAlert(timeMs: number, detail: FillDetail, nameOf: (source: number) => string): Alert {
  const { venue, filled, missed, isForced, liquidation } = detail;
  const text = fillText(detail);
  if (isForced || liquidation) {
    const where = venue === undefined ? '' : `${nameOf(venue)}: `;
    return {
      kind: 'margin',
      timeMs,
      text: `${where}the margin did not bear it. ${text}`,
      detail: { ...detail },
    };
  }
  if (missed > MISSED * (filled + missed)) {
    const open = `${missed} of ${filled + missed} were not there`;
    return { kind: 'leg', timeMs, text: `${nameOf(venue)}: ${open}. ${text}`, detail: { ...detail } };
  }
  return { kind: 'fill', timeMs, text, detail: { ...detail } };
}

function fillText({ side, size, filled, notional, price }: FillDetail): string {
  const signed = filled === undefined ? size : side * filled;
  const each = price ?? notional / filled;
  if (signed === 0) return 'An order met its book and was not filled.';
  return `${signed > 0 ? 'Bought' : 'Sold'} ${Math.abs(signed)} at ${each}.`;
}

/** Notices the equity's way to the drawdown at which the guard halts. */
export class DrawdownWatch {
  readonly #limit: number;
  #peak = 0;
  #isTold = false;

  /** @param maxDrawdown at which the guard halts, fraction */
  constructor(maxDrawdown: number) {
    this.#limit = maxDrawdown / 2;
  }

  /** @returns the alert when half of it is reached; again only after a new peak */
  take(timeMs: number, equity: number): Alert | undefined {
    if (equity > this.#peak) {
      this.#peak = equity;
      this.#isTold = false;
    }
    const drawdown = 1 - equity / this.#peak;
    if (this.#isTold || !(drawdown >= this.#limit)) return undefined;
    this.#isTold = true;
    const text = `The equity has lost ${(100 * drawdown).toFixed(1)} % since its peak; the guard halts at ${(200 * this.#limit).toFixed(1)} %.`;
    return { kind: 'loss', timeMs, text, detail: { drawdown, equity } };
  }
}
