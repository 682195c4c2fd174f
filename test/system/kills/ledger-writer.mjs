/** Appends trials without end, for a test that kills it. Arguments: the ledger, a name, how many rows (0: no end). */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { TrialLedger } from '../../../dist/storage/trial-ledger.js';

const [path, name, rows] = process.argv.slice(2);
const ledger = new TrialLedger(path, { create: true, lockTimeoutMs: 60_000 });
const timeMs = Float64Array.from({ length: 251 }, (_, i) => i * 86_400_000);
const price = timeMs.map((_, i) => 100 + i);
for (let i = 0; Number(rows) === 0 || i < Number(rows); i++) {
  const label = `${name} ${i}`;
  const configuration = createHash('sha256').update(label).digest('hex');
  // Every return says whose it is: a torn row would hold those of two.
  const returns = new Float64Array(250).fill(Number.parseInt(configuration.slice(0, 8), 16) / 2 ** 32);
  ledger.append({
    timeMs: i,
    kind: 'train',
    label,
    place: { data: 'a'.repeat(64), fromMs: 0, toMs: timeMs[250] },
    source: 'prices.csv',
    configuration,
    seeds: [i],
    ledTo: label,
    test: { timeMs, price, returns, exposure: 0 },
  });
  writeSync(1, `${label}\n`);
}
