/** Why decisions were denied, in words. */
import { expect, test } from 'vitest';
import { DENIAL_SENTENCES, DenialWatch, denialSentence } from '../../../live/ops/denials.ts';

test('a session of which every decision is denied says so once, with its reasons, and again after one has passed', () => {
  const watch = new DenialWatch(4);
  const take = (...reasons: (string | null)[]) => reasons.map((reason) => watch.take(reason));
  expect(take('bad-book', 'late', 'bad-book')).toEqual([undefined, undefined, undefined]);
  const [said] = take('bad-book');
  expect(said).toBe(
    'The last 4 decisions were all denied: bad-book 3 (a book is missing, invalid or stale: is the venue down, or ' +
      'played at another speed than the session’s clock?); late 1 (this process was later than risk.maxLoopLagMs, or an ' +
      'answer came after the next message: is the machine busy?).',
  );
  expect(take('bad-book', 'bad-book', 'bad-book', 'bad-book')).toEqual(Array(4).fill(undefined));
  expect(take(null, 'order-rate', 'order-rate', 'order-rate')).toEqual(Array(4).fill(undefined));
  expect(take('order-rate')[0]).toMatch(/order-rate 4/);
});

test('a halted session, or one that closes what it found, is no surprise', () => {
  const watch = new DenialWatch(2);
  const reasons = ['late', 'halted', 'halted', 'halted', 'left-over', 'late'];
  expect(reasons.map((reason) => watch.take(reason)).filter(Boolean)).toEqual([]);
  expect(watch.take('late')).toBeDefined();
});

test('each reason has one sentence, and an unknown one stands for itself', () => {
  for (const [reason, sentence] of Object.entries(DENIAL_SENTENCES)) {
    expect(sentence, reason).toMatch(/^[a-z].+[.?]$/);
  }
  expect(denialSentence('of a later version')).toBe('of a later version');
});
