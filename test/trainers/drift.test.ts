import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../core/config.ts';
import { createRng, type Rng } from '../../core/rng.ts';
import { type DriftConfig, DriftMonitor, driftConfig } from '../../trainers/drift.ts';

const config: DriftConfig = resolveConfig(driftConfig, { windowDecisions: 200 }, 'the monitor');

/** Two observation elements, a normal one and one of three values, and an action of three choices. */
function sample(rng: Rng, shift = 0): { observation: Float32Array; action: Int32Array } {
  return {
    observation: Float32Array.of(rng.gaussian() + shift, rng.integer(3)),
    action: Int32Array.of(rng.integer(3)),
  };
}

function createMonitor(): DriftMonitor {
  const rng = createRng('reference');
  const samples = Array.from({ length: 2000 }, () => sample(rng));
  return new DriftMonitor(
    {
      observations: Float32Array.from(samples.flatMap(({ observation }) => [...observation])),
      actions: Int32Array.from(samples.flatMap(({ action }) => [...action])),
      observationDim: 2,
      actionDim: 1,
    },
    config,
  );
}

describe('a drift monitor', () => {
  test('stays silent while nothing changes, for as long as it watches', () => {
    const monitor = createMonitor();
    const rng = createRng('same');
    for (let i = 0; i < 3000; i++) {
      const { observation, action } = sample(rng);
      monitor.observeDecision(observation, action, 1000 + rng.gaussian());
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
        monitor.observeDecision(observation, action, 1000);
      }
    };
    watch(1.5);
    expect(monitor.check().map(({ sign }) => sign)).toEqual(['observations']);
    expect(monitor.check()[0].text).toMatch(/^the stability index of observation element 0 is/);
    watch(0);
    expect(monitor.check()).toEqual([]);
  });

  test('tells a policy that has only one action left, fills that cost more, and a loss', () => {
    const monitor = createMonitor();
    const rng = createRng('action');
    for (let i = 0; i < 200; i++) {
      monitor.observeDecision(sample(rng).observation, Int32Array.of(2), 1000 - i);
      monitor.observeFill(25);
    }
    expect(monitor.check().map(({ sign }) => sign)).toEqual(['actions', 'fills', 'loss']);
  });

  test('agrees with the index worked out by hand', () => {
    // Half the reference is 0 and half 1, so there are two bins; the window has 1 in 4 and 3 in 4.
    const observations = Float32Array.from({ length: 100 }, (_, i) => i % 2);
    const monitor = new DriftMonitor(
      { observations, actions: new Int32Array(100), observationDim: 1, actionDim: 1 },
      { ...config, windowDecisions: 100, maxPsi: 1e-9 },
    );
    for (let i = 0; i < 100; i++) {
      monitor.observeDecision(Float32Array.of(i % 4 === 0 ? 0 : 1), Int32Array.of(0), 1);
    }
    const expected = (0.25 - 0.5) * Math.log(0.5) + (0.75 - 0.5) * Math.log(1.5);
    expect(monitor.check()[0].value).toBeCloseTo(expected, 12);
  });

  test('goes on from its saved state', () => {
    const monitor = createMonitor();
    const rng = createRng('save');
    for (let i = 0; i < 300; i++) {
      const { observation, action } = sample(rng, 0.8);
      monitor.observeDecision(observation, action, 1000 - i);
    }
    const resumed = createMonitor();
    resumed.load(monitor.save());
    for (let i = 0; i < 50; i++) {
      const { observation, action } = sample(rng, 0.8);
      monitor.observeDecision(observation, action, 700);
      resumed.observeDecision(observation, action, 700);
    }
    expect(monitor.check().length).toBeGreaterThan(0);
    expect(resumed.check()).toEqual(monitor.check());
    expect(resumed.save()).toEqual(monitor.save());
  });

  test('refuses a reference that is too small or not finite', () => {
    const reference = (n: number, value: number) => ({
      observations: new Float32Array(n).fill(value),
      actions: new Int32Array(n),
      observationDim: 1,
      actionDim: 1,
    });
    expect(() => new DriftMonitor(reference(5, 0), config)).toThrowError(/needs 10 decisions, got 5/);
    expect(() => new DriftMonitor(reference(20, Number.NaN), config)).toThrowError(
      /Element 0 of reference decision 0 is NaN/,
    );
  });
});
