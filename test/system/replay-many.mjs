/** Replays every tape of a directory in this process, and says what differs. Argument: the directory. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { replayTape } from '../../dist/live/tape/replay.js';
import { builtInVenues } from '../../dist/live/venues/built-in.js';
import { readTape } from '../../dist/storage/tape.js';
import { restlessPolicy } from '../live/session/restless-policy.mjs';

const [directory] = process.argv.slice(2);
const outcomes = readdirSync(directory).map((name) => {
  const { difference, numOutputs, missing, assembled } = replayTape(readTape(join(directory, name)), {
    venues: builtInVenues,
    policyFor: (_model, _createdMs, market) => restlessPolicy(market),
  });
  const { numFills, equity } = assembled.market.account;
  return { name, difference: difference ?? null, numOutputs, numMissing: missing.length, numFills, equity };
});
process.stdout.write(JSON.stringify(outcomes));
