/**
 * Trades on paper until it is killed, for a test that kills it. Arguments: the tape, the venues' address, the mode, what to
 * do about what was left open, and after which deed it kills itself: the kind of a record, and how many of them.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '../../../dist/live/connection/clock.js';
import { createScaledClock } from '../../../dist/live/connection/scaled-clock.js';
import { wsTransport } from '../../../dist/live/connection/ws-transport.js';
import { resolveLiveConfig } from '../../../dist/live/session/config.js';
import { LiveRun } from '../../../dist/live/session/live-run.js';
import { builtInVenues } from '../../../dist/live/venues/built-in.js';
import { restlessPolicy, sessionSettings } from '../../live/session/restless-policy.mjs';

const [tape, url, mode, leftOver, lastKind, lastCount] = process.argv.slice(2);
const settings = sessionSettings(mode, url, leftOver);
let hasHeard = false;
let numLast = 0;
const run = new LiveRun({
  header: { config: resolveLiveConfig(settings), model: 'restless', modelCreatedMs: Number.NaN },
  venues: builtInVenues,
  policyFor: (_model, _createdMs, market) => restlessPolicy(market),
  clock: createScaledClock(systemClock, 20),
  transport: wsTransport,
  tape,
  onRecord: (record) => {
    if (record[0] === 'input' && record[3] === 'frame' && !hasHeard) {
      hasHeard = true;
      writeSync(1, '["started"]\n');
    }
    if (record[0] !== 'fill' && record[0] !== 'order') return;
    writeSync(1, `${JSON.stringify(record)}\n`);
    if (record[0] === lastKind && ++numLast === Number(lastCount)) process.kill(process.pid, 'SIGKILL');
  },
});
if (run.recovery !== undefined) writeSync(1, `${JSON.stringify(['recovery', run.recovery])}\n`);
process.once('SIGTERM', () => run.stop());
run.start();
