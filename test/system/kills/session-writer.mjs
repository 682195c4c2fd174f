/**
 * Trades on paper until it is killed, for a test that kills it. Arguments: the tape, the venues' address, the mode, what to
 * do about what was left open, and at which deed it kills itself: the kind of a record, `recovery` for a decision that is
 * repeated, `checkpoint` for the middle of one that is written; and at the how manieth of them.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { systemClock } from '../../../dist/live/connection/clock.js';
import { createScaledClock } from '../../../dist/live/connection/scaled-clock.js';
import { wsTransport } from '../../../dist/live/connection/ws-transport.js';
import { resolveLiveConfig } from '../../../dist/live/session/config.js';
import { LiveRun } from '../../../dist/live/session/live-run.js';
import { builtInVenues } from '../../../dist/live/venues/built-in.js';
import { restlessPolicy, sessionSettings } from '../../live/session/restless-policy.mjs';

const [tape, url, mode, leftOver, lastKind, lastCount] = process.argv.slice(2);
const settings = sessionSettings(mode, url, leftOver);
const { writeSync } = fs;
let hasHeard = false;
let numLast = 0;
let isRecovering = true;

/** @param deed one that this process may be there to die of */
function dieOf(deed) {
  if (deed !== lastKind || ++numLast !== Number(lastCount)) return;
  if (deed === 'recovery' || deed === 'checkpoint') writeSync(1, `["died","${deed}"]\n`);
  process.kill(process.pid, 'SIGKILL');
}

// Half of a checkpoint is on the disk when the process ends.
fs.writeSync = (file, data, ...rest) => {
  const isCheckpoint = typeof data === 'object' && data.subarray(0, 400).includes(' ["checkpoint",');
  if (lastKind !== 'checkpoint' || !isCheckpoint || numLast + 1 !== Number(lastCount)) {
    if (isCheckpoint && lastKind === 'checkpoint') numLast++;
    return writeSync(file, data, ...rest);
  }
  writeSync(file, data, 0, data.length >> 1);
  dieOf('checkpoint');
  return data.length >> 1;
};
syncBuiltinESMExports();

function policyOf(market) {
  const policy = restlessPolicy(market);
  return {
    ...policy,
    act(...args) {
      if (isRecovering) dieOf('recovery');
      return policy.act(...args);
    },
  };
}
const run = new LiveRun({
  header: { config: resolveLiveConfig(settings), model: 'restless', modelCreatedMs: Number.NaN },
  venues: builtInVenues,
  policyFor: (_model, _createdMs, market) => policyOf(market),
  clock: createScaledClock(systemClock, 20),
  transport: wsTransport,
  tape,
  checkpointInputs: 400,
  onRecord: (record) => {
    if (record[0] === 'input' && record[3] === 'frame' && !hasHeard) {
      hasHeard = true;
      writeSync(1, '["started"]\n');
    }
    if (record[0] !== 'fill' && record[0] !== 'order') return;
    writeSync(1, `${JSON.stringify(record)}\n`);
    dieOf(record[0]);
  },
});
isRecovering = false;
if (run.recovery !== undefined) writeSync(1, `${JSON.stringify(['recovery', run.recovery])}\n`);
process.once('SIGTERM', () => run.stop());
run.start();
