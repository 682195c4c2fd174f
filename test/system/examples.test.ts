/** Examples that are programs run as they stand; those that are plugins or settings are run by the README's commands. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { externalPolicy } from '../../live/session/policy.ts';
import { replayTape } from '../../live/tape/replay.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';
import { readTape } from '../../storage/tape.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

test('a trained agent and a loop of one’s own trade on a tape that is played, and the session repeats itself', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'market-gym-example-'));
  try {
    const tsx = createRequire(import.meta.url).resolve('tsx');
    const args = ['--import', tsx, join(EXAMPLES, 'live-env.ts')];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
    expect(stdout).toMatch(/^ppo: 20 steps, equity \d+\.\d\d, exposure -?\d\.\d\d, \d+ fills$/m);
    expect(stdout).toMatch(/^own loop: 20 steps, equity \d+\.\d\d, exposure -?\d\.\d\d, \d+ fills$/m);
    const [folder] = readdirSync(join(cwd, 'runs'));
    const outcome = replayTape(readTape(join(cwd, 'runs', folder, 'session')), {
      venues: builtInVenues,
      policyFor: () => externalPolicy,
    });
    expect(outcome.difference).toBeUndefined();
    const { equity, numFills } = outcome.assembled.market.account;
    expect(stdout).toContain(`equity ${equity.toFixed(2)}`);
    expect(numFills).toBeGreaterThan(0);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});
