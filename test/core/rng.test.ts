import { describe, expect, test } from 'vitest';
import { createRng, type Rng } from '../../core/rng.ts';

const draw = (rng: Rng, n: number): number[] => Array.from({ length: n }, () => rng.uniform());
const drawGaussian = (rng: Rng, n: number): number[] => Array.from({ length: n }, () => rng.gaussian());

describe('a stream', () => {
  test('is decided by its seed', () => {
    expect(draw(createRng(1), 100)).toEqual(draw(createRng(1), 100));
    expect(draw(createRng('1'), 100)).toEqual(draw(createRng(1), 100));
    expect(draw(createRng(2), 100)).not.toEqual(draw(createRng(1), 100));
  });

  test('is the same on every machine: its first draws are fixed', () => {
    expect(draw(createRng(0), 3)).toEqual([0.5945264333859086, 0.8065849216654897, 0.12979769078083336]);
    expect(drawGaussian(createRng(0), 3)).toEqual([
      0.2566185030243842, -1.0050179486947792, -0.22708247950316932,
    ]);
  });

  test('goes on after save and load as if nothing had happened, in another instance as well', () => {
    for (const drawn of [0, 1, 2, 3, 10]) {
      const rng = createRng('stream');
      drawGaussian(rng, drawn);
      const state = JSON.parse(JSON.stringify(rng.save())) as ReturnType<Rng['save']>;
      const rest = [...drawGaussian(rng, 9), ...draw(rng, 9)];
      const other = createRng('another');
      other.gaussian();
      other.load(state);
      expect([...drawGaussian(other, 9), ...draw(other, 9)]).toEqual(rest);
      rng.load(state);
      expect([...drawGaussian(rng, 9), ...draw(rng, 9)]).toEqual(rest);
    }
  });

  test('keeps the spare normal draw across a save, and drops one that the saved state did not have', () => {
    const rng = createRng(5);
    rng.gaussian();
    expect(rng.save().values.spareGaussian).toBeTypeOf('number');
    rng.gaussian();
    const without = rng.save();
    expect(without.values.spareGaussian).toBeNull();
    const next = rng.gaussian();
    rng.load(without);
    expect(rng.gaussian()).toBe(next);
  });

  test('refuses a saved state that lacks a part', () => {
    const rng = createRng(1);
    const { values } = rng.save();
    for (const key of ['c', 's0', 's1', 's2']) {
      const { [key]: _, ...rest } = values;
      expect(() => createRng(1).load({ arrays: {}, values: rest })).toThrow(`no number "${key}"`);
    }
  });
});

describe('a fork', () => {
  test('does not depend on what was drawn before, nor change what is drawn after', () => {
    const fresh = createRng('seed');
    const used = createRng('seed');
    draw(used, 17);
    used.gaussian();
    expect(draw(used.fork('env'), 50)).toEqual(draw(fresh.fork('env'), 50));
    const undisturbed = createRng('seed');
    draw(undisturbed, 17);
    undisturbed.gaussian();
    expect(draw(used, 10)).toEqual(draw(undisturbed, 10));
  });

  test('differs by label, from its parent, and by depth', () => {
    const rng = createRng('seed');
    const streams = [rng, rng.fork(0), rng.fork(1), rng.fork('env'), rng.fork('env').fork(0)];
    const firsts = streams.map((stream) => stream.uniform());
    expect(new Set(firsts).size).toBe(firsts.length);
    const labels = Array.from({ length: 2000 }, (_, i) => createRng(1).fork(i).uniform());
    expect(new Set(labels).size).toBeGreaterThan(1995);
  });

  test('is not correlated with its neighbour', () => {
    const n = 20_000;
    const a = draw(createRng(1).fork(0), n);
    const b = draw(createRng(1).fork(1), n);
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (a[i] - 0.5) * (b[i] - 0.5);
    // Standard error 1/√n of a correlation of independent draws, five of them allowed.
    expect(Math.abs((12 * sum) / n)).toBeLessThan(5 / Math.sqrt(n));
  });
});

describe('distributions, with five standard errors allowed', () => {
  const n = 100_000;

  test('uniform draws are in [0, 1) and fill it evenly', () => {
    const bins = new Array<number>(20).fill(0);
    const values = draw(createRng('uniform'), n);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    for (const value of values) {
      bins[Math.floor(value * 20)]++;
    }
    const expected = n / 20;
    const chiSquare = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(19 + 5 * Math.sqrt(38));
  });

  test('normal draws have moments 0, 1, 0, 3', () => {
    const values = drawGaussian(createRng('normal'), n);
    const moment = (power: number): number => values.reduce((sum, value) => sum + value ** power, 0) / n;
    const margin = 5 / Math.sqrt(n);
    expect(Math.abs(moment(1))).toBeLessThan(margin);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(margin * Math.sqrt(2));
    expect(Math.abs(moment(3))).toBeLessThan(margin * Math.sqrt(15));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(margin * Math.sqrt(96));
  });

  test('the two normal draws of a pair are independent', () => {
    const rng = createRng('pairs');
    let sum = 0;
    for (let i = 0; i < n; i++) sum += rng.gaussian() * rng.gaussian();
    expect(Math.abs(sum / n)).toBeLessThan(5 / Math.sqrt(n));
  });

  test('integers are in [0, bound) and reach every value evenly', () => {
    const rng = createRng('integer');
    for (const bound of [1, 2, 7, 1000]) {
      const counts = new Array<number>(bound).fill(0);
      for (let i = 0; i < n; i++) counts[rng.integer(bound)]++;
      expect(counts).toHaveLength(bound);
      const expected = n / bound;
      for (const count of counts)
        expect(Math.abs(count - expected)).toBeLessThanOrEqual(5.5 * Math.sqrt(expected));
    }
  });
});

describe('shuffle', () => {
  test('permutes every array type in place', () => {
    for (const type of [Int32Array, Uint32Array, Float32Array, Float64Array]) {
      const values = new type(100).map((_: number, i: number) => i);
      createRng(3).shuffle(values);
      expect([...values]).not.toEqual(Array.from({ length: 100 }, (_, i) => i));
      expect([...values].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    }
    const empty = new Int32Array(0);
    createRng(3).shuffle(empty);
    expect(empty).toHaveLength(0);
  });

  test('makes each order of four equally likely', () => {
    const rng = createRng('orders');
    const counts = new Map<string, number>();
    const n = 48_000;
    for (let i = 0; i < n; i++) {
      const values = Int32Array.of(0, 1, 2, 3);
      rng.shuffle(values);
      const key = values.join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const count of counts.values()) expect(Math.abs(count - n / 24)).toBeLessThan(5 * Math.sqrt(n / 24));
  });
});
