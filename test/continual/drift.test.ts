import { describe, expect, test } from 'vitest';
import { DriftMonitor } from '../../continual/drift.ts';
import { type DriftConfig, driftConfig } from '../../continual/drift-config.ts';
import { createDriftProfile, type DriftReference } from '../../continual/drift-profile.ts';
import { resolveConfig } from '../../core/config.ts';
import { createRng, type Rng } from '../../core/rng.ts';

const config: DriftConfig = resolveConfig(
  driftConfig,
  { windowDecisions: 200, referenceWindows: 8 },
  'the monitor',
);

/** Two observation elements, a normal one and one of three values, and an action of three choices. */
function sample(rng: Rng, shift = 0): { observation: Float32Array; action: Int32Array } {
  return {
    observation: Float32Array.of(rng.gaussian() + shift, rng.integer(3)),
    action: Int32Array.of(rng.integer(3)),
  };
}

function monitorOn(reference: Partial<DriftReference>, changes: Partial<DriftConfig> = {}): DriftMonitor {
  const whole = {
    isWhole: true,
    observations: new Float32Array(0),
    actions: new Int32Array(0),
    fillCostsBps: [],
  };
  const profile = createDriftProfile(
    { ...whole, observationDim: 1, actionDim: 1, ...reference },
    { ...config, ...changes },
  );
  return new DriftMonitor({ ...config, ...changes }, profile);
}

function createMonitor(): DriftMonitor {
  const rng = createRng('reference');
  const samples = Array.from({ length: 2000 }, () => sample(rng));
  return monitorOn({
    observations: Float32Array.from(samples.flatMap(({ observation }) => [...observation])),
    actions: Int32Array.from(samples.flatMap(({ action }) => [...action])),
    observationDim: 2,
    fillCostsBps: Float64Array.from(samples, () => rng.gaussian()),
  });
}

describe('a drift monitor', () => {
  test('stays silent while nothing changes, for as long as it watches', () => {
    const monitor = createMonitor();
    const rng = createRng('same');
    for (let i = 0; i < 3000; i++) {
      const { observation, action } = sample(rng);
      monitor.observeDecision(observation, action);
      monitor.observeEquity(1000 + rng.gaussian());
      monitor.observeFill(rng.gaussian());
      expect(monitor.check()).toEqual([]);
    }
  });

  test('tells a shifted observation, and falls silent when it is back', () => {
    const monitor = createMonitor();
    const rng = createRng('shifted');
    const watch = (shift: number): void => {
      for (let i = 0; i < 200; i++) {
        const { observation, action } = sample(rng, shift);
        monitor.observeDecision(observation, action);
      }
    };
    watch(1.5);
    expect(monitor.check().map(({ sign }) => sign)).toEqual(['observations']);
    expect(monitor.check()[0].text).toMatch(
      /^the share of 0 beyond all of the reference is|^the stability index of observation element 0 is/,
    );
    watch(0);
    expect(monitor.check()).toEqual([]);
  });

  test('tells a policy that has only one action left, fills that cost more, and a loss', () => {
    const monitor = createMonitor();
    const rng = createRng('action');
    for (let i = 0; i < 200; i++) {
      monitor.observeDecision(sample(rng).observation, Int32Array.of(2));
      monitor.observeEquity(1000 - i);
      monitor.observeFill(25);
    }
    expect(monitor.check().map(({ sign }) => sign)).toEqual(['actions', 'fills', 'loss']);
  });

  test('agrees with the index worked out by hand', () => {
    // Half the reference is 0 and half 1, so there are two bins; the window has 1 in 4 and 3 in 4.
    const monitor = monitorOn(
      { observations: Float32Array.from({ length: 200 }, (_, i) => i % 2), actions: new Int32Array(200) },
      { windowDecisions: 100, referenceWindows: 2, maxPsi: 1e-9 },
    );
    for (let i = 0; i < 100; i++) monitor.observeDecision(Float32Array.of(i % 4 === 0 ? 0 : 1), [0]);
    const expected = (0.25 - 0.5) * Math.log(0.5) + (0.75 - 0.5) * Math.log(1.5);
    expect(monitor.check()[0].value).toBeCloseTo(expected, 12);
  });

  test('goes on from its saved state', () => {
    const monitor = createMonitor();
    const rng = createRng('save');
    for (let i = 0; i < 300; i++) {
      const { observation, action } = sample(rng, 0.8);
      monitor.observeDecision(observation, action);
      monitor.observeEquity(1000 - i);
    }
    const resumed = createMonitor();
    resumed.load(monitor.save());
    for (let i = 0; i < 50; i++) {
      const { observation, action } = sample(rng, 0.8);
      monitor.observeDecision(observation, action);
      monitor.observeEquity(700);
      resumed.observeDecision(observation, action);
      resumed.observeEquity(700);
    }
    expect(monitor.check().length).toBeGreaterThan(0);
    expect(resumed.check()).toEqual(monitor.check());
    expect(resumed.save()).toEqual(monitor.save());
  });

  test('lets a column vary as far as it did in the reference, and something further', () => {
    // Windows of one value each: the furthest lies in a bin that the others have a third as often.
    const windows = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
    const observations = Float32Array.from({ length: 1000 }, (_, i) => windows[Math.floor(i / 100)]);
    const monitor = monitorOn(
      { observations, actions: new Int32Array(1000) },
      { windowDecisions: 100, referenceWindows: 10 },
    );
    for (let i = 0; i < 100; i++) monitor.observeDecision(Float32Array.of(0), [0]);
    expect(monitor.check()).toEqual([]);
    const still = monitorOn(
      { observations: Float32Array.from({ length: 1000 }, (_, i) => i % 2), actions: new Int32Array(1000) },
      { windowDecisions: 100, referenceWindows: 10 },
    );
    for (let i = 0; i < 100; i++) still.observeDecision(Float32Array.of(0), [0]);
    expect(still.check().map(({ sign }) => sign)).toEqual(['observations']);
  });

  test('passes over what the account makes, and names the rest', () => {
    const names = ['return:1@0', 'drawdown', 'base:EX1', 'exposure'];
    const length = 2000;
    const monitor = monitorOn({
      observations: new Float32Array(length * 4).map((_, i) => i % 7),
      actions: new Int32Array(length),
      observationDim: 4,
      names,
    });
    for (let i = 0; i < 200; i++) monitor.observeDecision(Float32Array.of(9, 9, 9, 9), [0]);
    expect(monitor.check().map(({ text }) => text)).toEqual([
      'the share of return:1@0 beyond all of the reference is 1.000, the limit is 0.04',
    ]);
  });

  test('tells values that the reference never had, though they are too few to move its deciles', () => {
    const rng = createRng('outside');
    const observations = Float32Array.from({ length: 2000 }, () => rng.uniform());
    const monitor = monitorOn({ observations, actions: new Int32Array(2000) });
    const watch = (numOutside: number): void => {
      for (let i = 0; i < 200; i++) {
        monitor.observeDecision(Float32Array.of(i < numOutside ? -7 : rng.uniform()), [0]);
      }
    };
    watch(8);
    expect(monitor.check()).toEqual([]);
    watch(9);
    expect(monitor.check().map(({ text }) => text)).toEqual([
      'the share of 0 beyond all of the reference is 0.045, the limit is 0.04',
    ]);
    watch(0);
    expect(monitor.check()).toEqual([]);
  });

  test('lets values lie beyond the others as far as those of one window of the reference did', () => {
    // Window 3 has 10 of 200 values that no other has; its ties with the others count for nothing.
    const observations = Float32Array.from({ length: 2000 }, (_, i) => (i >= 600 && i < 610 ? 9 : i % 5));
    const monitor = monitorOn({ observations, actions: new Int32Array(2000) });
    for (let i = 0; i < 200; i++) monitor.observeDecision(Float32Array.of(i < 20 ? 10 : i % 5), [0]);
    expect(monitor.check()).toEqual([]);
    for (let i = 0; i < 200; i++) monitor.observeDecision(Float32Array.of(i < 21 ? 10 : i % 5), [0]);
    expect(monitor.check().map(({ limit }) => limit)).toEqual([0.1]);
  });

  test('without a reference, or with one of too few windows, speaks of losses alone', () => {
    for (const length of [0, 8 * 200 - 1]) {
      const monitor = monitorOn({ observations: new Float32Array(length), actions: new Int32Array(length) });
      expect(monitor.hasProfile).toBe(false);
      for (let i = 0; i < 300; i++) {
        monitor.observeDecision(Float32Array.of(i), [i]);
        monitor.observeFill(500);
        monitor.observeEquity(1000 - i);
      }
      expect(monitor.check().map(({ sign }) => sign)).toEqual(['loss']);
    }
  });

  test('grants fills what chance explains', () => {
    const rng = createRng('fills');
    const costs = Float64Array.from({ length: 500 }, () => 40 * rng.gaussian());
    const monitor = monitorOn({
      observations: new Float32Array(1600),
      actions: new Int32Array(1600),
      fillCostsBps: costs,
    });
    for (let i = 0; i < 10; i++) monitor.observeFill(30);
    expect(monitor.check()).toEqual([]);
    for (let i = 0; i < 190; i++) monitor.observeFill(30);
    expect(monitor.check().map(({ sign }) => sign)).toEqual(['fills']);
  });

  test('refuses a reference that is not finite', () => {
    const observations = new Float32Array(2000).fill(1);
    observations[1700] = Number.NaN;
    expect(() => monitorOn({ observations, actions: new Int32Array(1600) })).not.toThrow();
    observations[1599] = Number.NaN;
    expect(() => monitorOn({ observations, actions: new Int32Array(2000) })).toThrowError(
      /Element 0 of reference decision 1599 is NaN/,
    );
  });
});
