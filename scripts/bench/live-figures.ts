/** Prints how a live session does, in the process that runs it alone: `latency`, or the slope of its `memory`. */
import { measureDecisionLatency } from './live-latency.ts';
import { measureMemorySlope } from './live-memory.ts';

const figure = process.argv[2] === 'memory' ? await measureMemorySlope() : await measureDecisionLatency();
console.log(JSON.stringify(figure));
