/** Limits of the sum of several sessions: rows with their boundary on both sides, and what of it is on a tape. */
import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../../core/config.ts';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { RiskGuard, riskConfig } from '../../../live/session/risk-guard.ts';
import { TotalRisk, totalRiskConfig } from '../../../live/session/total-risk.ts';

type Account = { equity: number; committed: number };

function totalOf(settings: Record<string, number>, accounts: readonly Account[]) {
  const clock = new VirtualClock(0);
  const total = new TotalRisk(resolveConfig(totalRiskConfig, settings, 'the sum'), clock);
  const halts: string[] = [];
  const members = accounts.map((account, i) => ({
    account,
    halt: (reason: string) => halts.push(`${i}: ${reason}`),
  }));
  for (const member of members) total.join(member);
  return { total, clock, members, halts };
}

describe('what the others leave a session', () => {
  test.each<[string, number, Account[], number]>([
    [
      'all of it, while they have nothing',
      1,
      [
        { equity: 100, committed: 0 },
        { equity: 100, committed: 0 },
      ],
      2,
    ],
    [
      'what they have not, long',
      1,
      [
        { equity: 100, committed: 0 },
        { equity: 100, committed: 0.75 },
      ],
      1.25,
    ],
    [
      'what they have not, short',
      1,
      [
        { equity: 100, committed: 0 },
        { equity: 100, committed: -0.75 },
      ],
      1.25,
    ],
    [
      'whatever it has itself',
      1,
      [
        { equity: 100, committed: 0.9 },
        { equity: 100, committed: 0.75 },
      ],
      1.25,
    ],
    [
      'by its own equity',
      0.5,
      [
        { equity: 50, committed: 0 },
        { equity: 150, committed: 0.5 },
      ],
      0.5,
    ],
    [
      'nothing, where they have more',
      0.25,
      [
        { equity: 100, committed: 0 },
        { equity: 100, committed: 0.75 },
      ],
      0,
    ],
    [
      'nothing, where its equity is used up',
      1,
      [
        { equity: 0, committed: 0 },
        { equity: 100, committed: 0 },
      ],
      0,
    ],
  ])('%s', (_, maxExposure, accounts, expected) => {
    const { total, members } = totalOf({ maxExposure }, accounts);
    expect(total.limitOf(members[0], 0)).toEqual({ maxExposure: expected, mayOrder: true });
  });

  test('orders of a minute, of all together', () => {
    const { total, members } = totalOf({ maxOrdersPerMinute: 2 }, [
      { equity: 1, committed: 0 },
      { equity: 1, committed: 0 },
    ]);
    total.onOrder(1000);
    expect(total.limitOf(members[1], 1000)).toEqual({ maxExposure: Infinity, mayOrder: true });
    total.onOrder(2000);
    expect(total.limitOf(members[1], 60_999).mayOrder).toBe(false);
    expect(total.limitOf(members[1], 61_000).mayOrder).toBe(true);
  });
});

test('a loss of the sum halts all, after the decision that shows it; one loss that another makes good does not', () => {
  const accounts = [
    { equity: 100, committed: 0 },
    { equity: 100, committed: 0 },
  ];
  const { total, clock, halts, members } = totalOf({ maxDrawdown: 0.1 }, accounts);
  total.onDecision();
  accounts[0].equity = 60;
  accounts[1].equity = 140;
  total.onDecision();
  accounts[1].equity = 120;
  total.onDecision();
  clock.runUntil(1);
  expect(halts).toEqual([]);
  accounts[1].equity = 119;
  total.onDecision();
  expect(halts).toEqual([]);
  total.onDecision();
  clock.runUntil(2);
  const reason = 'drawdown of 10.5 % over all markets';
  expect(halts).toEqual([`0: ${reason}`, `1: ${reason}`]);
  // Who comes later is halted too.
  total.join({ ...members[0], halt: (text) => halts.push(`late: ${text}`) });
  expect(halts.at(-1)).toBe(`late: ${reason}`);
});

describe('a guard that is restrained', () => {
  const proposal = { notional: 10, exposure: 0.5, increasesRisk: true, edgeBps: Number.NaN };
  test.each([
    ['as far as it may', { maxExposure: 0.5, mayOrder: true }, proposal, undefined],
    ['further', { maxExposure: 0.499, mayOrder: true }, proposal, 'total-exposure'],
    [
      'further, short',
      { maxExposure: 0.499, mayOrder: true },
      { ...proposal, exposure: -0.5 },
      'total-exposure',
    ],
    [
      'back, though it has more',
      { maxExposure: 0, mayOrder: true },
      { ...proposal, increasesRisk: false },
      undefined,
    ],
    ['though no order is left', { maxExposure: 1, mayOrder: false }, proposal, 'total-orders'],
    [
      'back, though no order is left',
      { maxExposure: 1, mayOrder: false },
      { ...proposal, increasesRisk: false },
      undefined,
    ],
  ])('lets a session go %s', (_, limit, asked, reason) => {
    const guard = new RiskGuard(resolveConfig(riskConfig, {}, 'the guard'));
    const before = guard.save();
    guard.restrain(limit);
    expect(guard.judge(asked, 0).reason).toBe(reason);
    const other = new RiskGuard(guard.config);
    other.load(guard.save());
    expect(other.outerLimit).toEqual(limit);
    other.load(before);
    expect(other.outerLimit).toEqual({ maxExposure: Infinity, mayOrder: true });
  });
});
