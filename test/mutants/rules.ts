/** Mistakes that mean something: each breaks one rule of trading or of learning, and a test has to say so. */
export interface MutantRule {
  /** The rule as it would be with the mistake. */
  readonly name: string;
  readonly file: string;
  /** A piece of the file that stands there once, and what takes its place. */
  readonly from: string;
  readonly to: string;
}

const guard = 'live/session/risk-guard.ts';
const session = 'live/session/session.ts';
const venue = 'live/connection/venue-session.ts';
const connection = 'live/connection/connection.ts';
const broker = 'market/execution/book-broker.ts';
const matcher = 'market/execution/book-matcher.ts';
const account = 'market/execution/account.ts';
const bars = 'market/execution/bar-broker.ts';

export const RULES: readonly MutantRule[] = [
  {
    name: 'peak equity never rises in the guard',
    file: guard,
    from: 'this.#peakEquity = Math.max(this.#peakEquity, account.equity);',
    to: 'this.#peakEquity ||= account.equity;',
  },
  { name: 'an order window of 30 s', file: guard, from: 'MINUTE_MS = 60_000', to: 'MINUTE_MS = 30_000' },
  {
    name: 'max-exposure refuses an order that reduces',
    file: guard,
    from: 'if (increasesRisk && Math.abs(exposure) > maxExposure)',
    to: 'if (Math.abs(exposure) > maxExposure)',
  },
  {
    name: 'the count of invalid actions is never reset',
    file: guard,
    from: '    this.#numInvalid = 0;\n    const { notional',
    to: '    const { notional',
  },
  {
    name: 'isTradable without the lag',
    file: 'live/connection/market-feed.ts',
    from: '      this.lagMs <= staleAfterMs &&\n',
    to: '',
  },
  {
    name: 'the backoff is never reset after a good connection',
    file: connection,
    from: '    if (wasGood) this.#attempt = 0;\n',
    to: '',
  },
  {
    name: 'an order that arrives at the very time of a book meets the old one',
    file: broker,
    from: 'this.#arriveUpTo(timeMs, false);\n    const waits',
    to: 'this.#arriveUpTo(timeMs, true);\n    const waits',
  },
  {
    name: 'the drift reference contains the window',
    file: 'continual/drift-profile.ts',
    from: '(totals[bin] - own[bin]) / (numRows - windowDecisions)',
    to: 'totals[bin] / numRows',
  },
  {
    name: 'the unrealised return is not clipped',
    file: 'envs/trading/observation.ts',
    from: 'Math.max(-ACCOUNT_CLIP, Math.min(unrealised, ACCOUNT_CLIP))',
    to: 'unrealised',
  },
  {
    name: 'targetKl × 1.0',
    file: 'agents/on-policy/ppo-update.ts',
    from: '1.5 * targetKl',
    to: '1.0 * targetKl',
  },

  {
    name: 'the guard measures the drawdown from the first equity',
    file: guard,
    from: '1 - account.equity / this.#peakEquity',
    to: '1 - account.equity / account.initialEquity',
  },
  {
    name: 'a halted session holds what is open',
    file: guard,
    from: "return { verdict: 'flatten', reason: 'halted' };",
    to: "return { verdict: 'hold', reason: 'halted' };",
  },
  {
    name: 'the guard counts refused orders',
    file: guard,
    from: '    if (notional === 0) return PASS;\n',
    to: '    this.#orderTimes[this.#numOrders++ % maxOrdersPerMinute] = timeMs;\n    if (notional === 0) return PASS;\n',
  },
  {
    name: 'an old model may still raise risk',
    file: guard,
    from: "if (this.state === 'reducing' && increasesRisk)",
    to: "if (this.state === 'halted' && increasesRisk)",
  },
  {
    name: 'a late answer is carried out',
    file: session,
    from: "this.#carryOut(due, step, { verdict: 'hold', reason: 'late' });",
    to: "this.#carryOut(due, step, { verdict: 'pass' }, this.market.actionSpace.kind === 'discrete' ? 0 : undefined);",
  },
  {
    name: 'decisions are made on lost books',
    file: session,
    from: 'booksAreGood: this.#sources.every((source) => source.isTradable(due))',
    to: 'booksAreGood: true',
  },
  {
    name: 'losses count for ever against the budget',
    file: venue,
    from: 'this.#timeMs - failures[0] > resyncWindowMs',
    to: 'this.#timeMs - failures[0] > Infinity',
  },
  {
    name: 'a crossed book is published',
    file: venue,
    from: 'if (book.isCrossed) {',
    to: 'if (false) {',
  },
  {
    name: 'a planned replacement spends of the budget',
    file: venue,
    from: 'if (planned || this.#spend(reason))',
    to: 'if (this.#spend(reason))',
  },
  {
    name: 'messages of the last connection are sent on the next',
    file: connection,
    from: '    this.#outgoing.length = 0;\n',
    to: '',
  },
  {
    name: 'a socket that was given up is still listened to',
    file: connection,
    from: 'if (socket === this.#socket) handle();',
    to: 'handle();',
  },
  {
    name: 'the waits do not grow',
    file: 'live/connection/backoff.ts',
    from: 'Math.min(attempt, 16)',
    to: '0',
  },
  {
    name: 'a request under way is forgotten',
    file: broker,
    from: 'if (this.isOrderUnderWay) this.#isWaiting = true;',
    to: 'if (this.isOrderUnderWay) return;',
  },
  {
    name: 'the limit is measured from the mid on arrival',
    file: broker,
    from: 'const limit = this.#order.mid * (1 + side * this.#limitRate);',
    to: 'const limit = mid * (1 + side * this.#limitRate);',
  },
  {
    name: 'what was taken of a level is there again',
    file: matcher,
    from: 'if (takes) this.#remember(side, k, price, filled);',
    to: '',
  },
  {
    name: 'a stale book fills',
    file: matcher,
    from: ' && nowMs - this.#clock[0] <= this.staleMs;',
    to: ';',
  },
  {
    name: 'sizes are rounded up to whole lots',
    file: matcher,
    from: 'Math.floor(size / lotSize + ROUNDING) * lotSize',
    to: 'Math.ceil(size / lotSize - ROUNDING) * lotSize',
  },
  {
    name: 'a buyer pays no fee',
    file: account,
    from: 'buys ? before + size * (1 - feeRate)',
    to: 'buys ? before + size',
  },
  {
    name: 'interest is never settled in cash',
    file: account,
    from: '    this.cash -= this.quoteInterest;\n',
    to: '',
  },
  {
    name: 'a bar ruins nobody between open and close',
    file: bars,
    from: 'if (account.base !== 0) this.#liquidateIfRuined(row, account.base > 0 ? low : high, true);',
    to: '',
  },
  {
    name: 'an order of the next open fills at its close',
    file: bars,
    from: 'const prices = fillsAtOpen ? open : close;',
    to: 'const prices = close;',
  },
  {
    name: 'the end of the data is a termination',
    file: 'envs/trading.ts',
    from: 'result.truncated = isAtEnd && !result.terminated;',
    to: 'if (isAtEnd) result.terminated = true;',
  },
  {
    name: 'a ruined account goes on',
    file: 'envs/trading.ts',
    from: 'this.#running = !isAtEnd && !result.terminated;',
    to: 'this.#running = !isAtEnd;',
  },
  {
    name: 'the drawdown penalty counts recoveries too',
    file: 'envs/trading/rewards.ts',
    from: 'Math.max(0, drawdown - this.#drawdown)',
    to: 'Math.abs(drawdown - this.#drawdown)',
  },
  {
    name: 'every env of a vector has the same seed',
    file: 'envs/vector/vector-env.ts',
    from: '{ seed: seed + this.#firstIndex + i }',
    to: '{ seed }',
  },
  {
    name: 'an agent explores while it is judged',
    file: 'trainers/episode.ts',
    from: 'agent.act(observation, 1, false, stepContext)',
    to: 'agent.act(observation, 1, true, stepContext)',
  },
  {
    name: 'all episodes are judged on one seed',
    file: 'trainers/evaluate.ts',
    from: 'playEpisode(agent, env, visit, seed + episode);',
    to: 'playEpisode(agent, env, visit, seed);',
  },
  {
    name: 'the spans of training and validation overlap',
    file: 'trainers/spans.ts',
    from: "train: { name: 'train', fromRow: 0, toRow: first }",
    to: "train: { name: 'train', fromRow: 0, toRow: first + 1 }",
  },
  {
    name: 'an edge is found where the interval holds zero',
    file: 'trainers/verdict.ts',
    from: 'if (skillPerYear.low > 0 && alphaPerYear.low > 0) return',
    to: 'if (skillPerYear.mean > 0 && alphaPerYear.mean > 0) return',
  },
  {
    name: 'the future is worth as much after the end of an episode',
    file: 'agents/off-policy/dqn-loss.ts',
    from: 'rewards[b] + discounts[b] * targetValues',
    to: 'rewards[b] + 0.99 * targetValues',
  },
  {
    name: 'the larger of two critics is believed',
    file: 'agents/off-policy/critics.ts',
    from: 'values[b] = Math.min(values[b], outputs[b]);',
    to: 'values[b] = Math.max(values[b] === Infinity ? -Infinity : values[b], outputs[b]);',
  },
  {
    name: 'learning starts with the first step',
    file: 'agents/off-policy/loop.ts',
    from: 'if (this.#step >= Math.max(learningStarts, batchSize) &&',
    to: 'if (this.#step >= batchSize &&',
  },
  {
    name: 'samples by priority are not weighed again',
    file: 'agents/off-policy/loop.ts',
    from: 'return priorityBeta + (1 - priorityBeta) * Math.min(1, this.#step / this.#context.totalSteps);',
    to: 'return 0;',
  },
];
