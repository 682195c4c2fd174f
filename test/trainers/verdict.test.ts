import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { passOf } from '../../trainers/account-pass.ts';
import { type Backtest, summarizePass } from '../../trainers/backtest.ts';
import { countTrades, holdExposure } from '../../trainers/skill.ts';
import { reachVerdict, type VerdictCase } from '../../trainers/verdict.ts';

const DAY_MS = 86_400_000;
const NUM_BARS = 800;

interface Market {
  readonly returns: Float64Array;
  readonly price: number[];
}

/** A walk of daily bars. */
function walk(seed: number, drift = 0, numBars = NUM_BARS): Market {
  const rng = createRng(seed);
  const returns = Float64Array.from({ length: numBars }, () => drift + 0.01 * rng.gaussian());
  const price = [100];
  for (const value of returns) price.push(price[price.length - 1] * (1 + value));
  return { returns, price };
}

/** The account of whoever holds wanted[i] of equity through bar i, at a fee. */
function account({ returns, price }: Market, wanted: (bar: number) => number, feeRate = 0): Backtest {
  let equity = 1000;
  let exposure = 0;
  const start = {
    timeMs: 0,
    price: 100,
    equity,
    exposure,
    position: 0,
    cash: equity,
    tradedNotional: 0,
    costPaid: 0,
  };
  const rows = [start];
  returns.forEach((value, i) => {
    const target = wanted(i);
    const tradedNotional = Math.abs(target - exposure) * equity;
    const costPaid = feeRate * tradedNotional;
    const after = (equity - costPaid) * (1 + target * value);
    exposure = (target * (1 + value)) / (1 + target * value);
    equity = after;
    const position = (exposure * equity) / price[i + 1];
    const cash = equity - position * price[i + 1];
    rows.push({
      timeMs: (i + 1) * DAY_MS,
      price: price[i + 1],
      equity,
      exposure,
      position,
      cash,
      tradedNotional,
      costPaid,
    });
  });
  return summarizePass(passOf(rows));
}

function caseOf(market: Market, ...accounts: readonly Backtest[]): VerdictCase {
  const held = [-1, 0, 1, 3].map((exposure) => ({
    exposure,
    returns: account(market, () => exposure).returns,
  }));
  return { accounts, market: account(market, () => 1), held };
}

/** Right about the next bar with the given chance, else wrong. */
const foresight = ({ returns }: Market, chance: number, seed: number) => {
  const rng = createRng(`foresight ${seed}`);
  return (bar: number): number => (returns[bar] > 0 === rng.uniform() < chance ? 1 : 0);
};

describe('the verdict', () => {
  test('is no edge for cash that beats a falling market, and says that it does not trade', () => {
    const market = walk(1, -0.001);
    const { finding, tone, text, excessPerYear } = reachVerdict(
      caseOf(
        market,
        account(market, () => 0),
      ),
    );
    expect(excessPerYear.mean).toBeGreaterThan(0);
    expect([finding, tone]).toEqual(['does-not-trade', 'no-edge']);
    expect(text).toMatch(/^No edge found: it does not trade: .* held cash throughout, and beats nobody\.$/);
  });

  test.each([0.5, 1, 2, 3])('is no edge for an exposure of %d held in a rising market', (exposure) => {
    for (let seed = 0; seed < 10; seed++) {
      const market = walk(seed, 0.002);
      const { finding, text } = reachVerdict(
        caseOf(
          market,
          account(market, () => exposure, 0.0005),
        ),
      );
      expect(finding).toBe('too-few-decisions');
      expect(text).toMatch(
        /^No edge found: too few decisions to tell: 1 trade, 30 are needed: on the test span/,
      );
    }
  });

  test('is an edge for foresight, in words that say what was tested, where and how wide', () => {
    const market = walk(3);
    const agent = account(market, foresight(market, 0.6, 3));
    const { finding, text, skillPerYear, alphaPerYear, numTrades } = reachVerdict(caseOf(market, agent));
    expect(finding).toBe('edge');
    expect(skillPerYear.low).toBeGreaterThan(0);
    expect(alphaPerYear.low).toBeGreaterThan(0);
    expect(numTrades).toBeGreaterThan(100);
    expect(text).toMatch(
      /^Edge found: on the test span, which no seed .* \(1970-01-01 to 1972-03-11, 800 bars\), the agent after costs earned \+/,
    );
    expect(text).toMatch(
      /beyond holding its own mean exposure of 0\.\d\d at the same costs \(95 % interval \+/,
    );
    expect(text).toMatch(/alpha of \+.* a year at a beta of 0\.\d\d against buy-and-hold \(Newey–West, \+/);
    expect(text).toMatch(/One seed cannot tell what another would have earned/);
  });

  test('is worse for hindsight turned round', () => {
    const market = walk(4);
    const { finding, text } = reachVerdict(caseOf(market, account(market, foresight(market, 0.35, 4))));
    expect(finding).toBe('worse');
    expect(text).toMatch(/^No edge found: worse than holding its own mean exposure: /);
  });

  test('is no edge for skill that earned less than cash, and says so', () => {
    const market = walk(5, -0.006);
    const agent = account(market, (bar) => (foresight(market, 0.6, 5)(bar) === 1 ? 1 : 0.8));
    const rule = foresight(market, 0.62, 5);
    const leveraged = account(market, (bar) => 1 + rule(bar) * 2);
    const { finding, text } = reachVerdict(caseOf(market, leveraged));
    expect(leveraged.metrics.totalReturn).toBeLessThan(0);
    expect(agent.metrics.totalReturn).toBeLessThan(0);
    expect(finding).toBe('no-edge');
    expect(text).toMatch(/Both are above zero, but it earned −.* less than cash/);
  });

  test('asks more where it was chosen from many tries', () => {
    const market = walk(6);
    const given = caseOf(market, account(market, foresight(market, 0.55, 6)));
    const one = reachVerdict(given);
    const many = reachVerdict({ ...given, numTrials: 30 });
    expect(many.level).toBeCloseTo(1 - 0.05 / 30);
    expect(many.skillPerYear.low).toBeLessThan(one.skillPerYear.low);
    expect(many.text).toMatch(/99\.83 % interval/);
    expect(many.text).toMatch(/allow for 30 tries/);
  });

  test('finds an edge in at most two of 25 random traders, drifting market or not', () => {
    for (const drift of [-0.001, 0, 0.001]) {
      let edges = 0;
      for (let seed = 0; seed < 25; seed++) {
        const market = walk(1000 + seed, drift, 500);
        const rng = createRng(`random ${seed}`);
        const agent = account(market, () => (rng.uniform() < 0.5 ? 1 : 0));
        if (reachVerdict(caseOf(market, agent)).finding === 'edge') edges++;
      }
      expect(edges).toBeLessThanOrEqual(2);
    }
  });

  test('says of nine bars and of five that they are few', () => {
    const market = walk(7, 0, 5);
    const { finding, text } = reachVerdict(
      caseOf(
        market,
        account(market, (bar) => bar % 2),
      ),
    );
    expect(finding).toBe('too-few-decisions');
    expect(text).toMatch(/not known of so few bars/);
  });
});

describe('the benchmark of a mean exposure', () => {
  test('is mixed of the two exposures around it, and does not reach beyond the outermost', () => {
    const held = [
      { exposure: 3, returns: [0.03, -0.06] },
      { exposure: 0, returns: [0, 0] },
      { exposure: 1, returns: [0.01, -0.02] },
    ];
    const { returns, slope } = holdExposure(held, 2);
    expect([...returns]).toEqual([expect.closeTo(0.02, 15), expect.closeTo(-0.04, 15)]);
    expect(slope).toBeCloseTo(-0.005, 15);
    expect([...holdExposure(held, 1).returns]).toEqual([0.01, -0.02]);
    expect([...holdExposure(held, -2).returns]).toEqual([0, 0]);
    expect([...holdExposure(held, 9).returns]).toEqual([0.03, -0.06]);
  });
});

describe('trades', () => {
  test('are round trips, or changes of exposure there and back for one that is never flat', () => {
    const market = walk(8, 0, 100);
    expect(countTrades(account(market, (bar) => (bar % 10 < 5 ? 1 : 0)))).toBe(10);
    expect(countTrades(account(market, (bar) => (bar % 10 < 5 ? 1 : 0.5)))).toBe(10);
  });

  test('are not what keeps an exposure constant', () => {
    const market = walk(9, 0.002, 500);
    for (const exposure of [-1, 0.5, 2, 3]) expect(countTrades(account(market, () => exposure))).toBe(1);
  });
});
