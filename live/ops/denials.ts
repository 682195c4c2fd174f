/** Says in words why the guard did not let a policy have its way, and notices when it never does. */
import type { DenialReason } from '../session/risk-guard.ts';

/** One sentence each: what it means, and what to do about it. */
export const DENIAL_SENTENCES: Readonly<Record<DenialReason, string>> = {
  'bad-book':
    'a book is missing, invalid or stale: is the venue down, or played at another speed than the session’s clock?',
  uninformed:
    'a mark, a funding rate or a price between currencies is missing or old: nothing is decided without it.',
  'invalid-action':
    'the policy gave what is no action here: was it trained with these features and these levels?',
  'max-exposure': 'more exposure was asked for than risk.maxExposure allows.',
  'max-notional': 'an order was larger than risk.maxNotional allows.',
  'order-rate': 'more orders were asked for within a minute than risk.maxOrdersPerMinute allows.',
  'total-exposure': 'the other markets of this process leave no room below totalRisk.maxExposure.',
  'total-orders':
    'all markets of this process have sent totalRisk.maxOrdersPerMinute orders within a minute.',
  'abnormal-edge':
    'an edge was larger than risk.maxEdgeBps: too good to be true, so one of the prices is likely wrong.',
  late: 'this process was later than risk.maxLoopLagMs, or an answer came after the next message: is the machine busy?',
  'model-age': 'the model is older than risk.maxModelAgeHours: risk may only be reduced.',
  tape: 'the tape cannot be written: risk may only be reduced.',
  'left-over': 'what an earlier session left open was closed first ("leftOver": "close").',
  halted: 'the trading is stopped: only what closes is done.',
};

/** @returns the sentence of a reason; the reason itself where there is none */
export function denialSentence(reason: string): string {
  return DENIAL_SENTENCES[reason as DenialReason] ?? reason;
}

/** These say of themselves, once, why they are there. */
const EXPECTED: ReadonlySet<string> = new Set(['halted', 'left-over']);

/**
 * Notices a session in which nothing of what its policy decides is done: it looks like one that trades, and is not.
 * It speaks once, and again only after a decision has passed.
 */
export class DenialWatch {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();
  #numDenied = 0;

  /** @param limit decisions in a row, ≥ 1 */
  constructor(limit = 20) {
    this.#limit = limit;
  }

  /**
   * Takes the next decision.
   * @param reason why it was denied; null where it was not
   * @returns what is to be said, when it is
   */
  take(reason: string | null): string | undefined {
    if (reason === null || EXPECTED.has(reason)) {
      this.#counts.clear();
      this.#numDenied = 0;
      return undefined;
    }
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    if (++this.#numDenied !== this.#limit) return undefined;
    const reasons = [...this.#counts]
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} ${count} (${denialSentence(name).replace(/\.$/, '')})`);
    return `The last ${this.#limit} decisions were all denied: ${reasons.join('; ')}.`;
  }
}
