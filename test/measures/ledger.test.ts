/** Measures how long a verdict looks up its trials in a ledger of a hundred thousand rows, all of one span. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { median } from '../../core/statistics.ts';
import { countTrials } from '../../experiments/ledger/count-trials.ts';
import { sha256 } from '../../storage/exact-json.ts';
import { TrialLedger } from '../../storage/trial-ledger.ts';

const NUM_ROWS = 100_000;
const BATCH = 1000;
const DAY_MS = 86_400_000;

const folder = mkdtempSync(join(tmpdir(), 'market-gym-ledger-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`a look-up among ${NUM_ROWS} trials`, () => {
  const ledger = new TrialLedger(join(folder, 'ledger.db'), { create: true });
  const rng = createRng('ledger');
  const timeMs = Float64Array.from({ length: 251 }, (_, i) => i * DAY_MS);
  const price = timeMs.map(() => 1);
  const place = { data: 'a'.repeat(64), fromMs: 0, toMs: timeMs[250] };
  const seriesOf = () => ({
    timeMs,
    price,
    exposure: 0,
    returns: Float64Array.from({ length: 250 }, () => rng.uniform() - 0.5),
  });
  for (let from = 0; from < NUM_ROWS; from += BATCH) {
    ledger.append(
      ...Array.from({ length: BATCH }, (_, i) => ({
        timeMs: from + i,
        kind: 'train' as const,
        label: 'ppo on trading',
        place,
        source: 'prices.csv',
        configuration: sha256(String(from + i)),
        seeds: [1],
        ledTo: '',
        test: seriesOf(),
      })),
    );
  }
  const judged = {
    place,
    configuration: sha256('0'),
    seeds: [1],
    accounts: [seriesOf()],
    periodsPerYear: 250,
  };
  const lookUps: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < 21; i++) {
    const beganMs = performance.now();
    const { numConfigurations } = ledger.trialsOn(place, { include: [judged.configuration] });
    lookUps.push(performance.now() - beganMs);
    const againMs = performance.now();
    countTrials(ledger, judged);
    counts.push(performance.now() - againMs);
    expect(numConfigurations).toBe(NUM_ROWS);
  }
  ledger.close();
  console.log(
    `look-up among ${NUM_ROWS} rows of one span: median ${median(lookUps).toFixed(1)} ms; with clusters and the deflated figure ${median(counts).toFixed(1)} ms`,
  );
});
