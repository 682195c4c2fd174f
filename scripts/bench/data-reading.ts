/** A process of its own: reads a file of candles, and prints rows, user CPU seconds of that and the process's peak MB. */
import { loadCandles } from '../../market/files/load-candles.ts';

const before = process.cpuUsage();
const { candles } = await loadCandles(process.argv[2]);
const { user } = process.cpuUsage(before);
process.stdout.write(`${candles.length} ${user / 1e6} ${process.resourceUsage().maxRSS / 1024}\n`);
