/** A process of its own: trains on a million rows of 30 columns, and prints the megabytes that took at most. */
import { createRng } from '../../core/rng.ts';
import { trainXgboost } from '../../models/trees/xgboost.ts';

const NUM_ROWS = 1_000_000;
const NUM_COLUMNS = 30;

const rng = createRng(1);
const values = new Float32Array(NUM_ROWS * NUM_COLUMNS);
for (let i = 0; i < values.length; i++) values[i] = rng.uniform();
const labels = new Float32Array(NUM_ROWS);
for (let row = 0; row < NUM_ROWS; row++) {
  labels[row] = values[row * NUM_COLUMNS] > values[row * NUM_COLUMNS + 1] ? 1 : 0;
}
const columns = Array.from({ length: NUM_COLUMNS }, (_, column) => `f${column}`);
const table = { numRows: NUM_ROWS, numColumns: NUM_COLUMNS, columns, values };
const model = trainXgboost({ table, labels }, { objective: 'binary:logistic', num_round: 10 });
model.predictInto(labels, table);
process.stdout.write(`${process.resourceUsage().maxRSS / 1024}\n`);
