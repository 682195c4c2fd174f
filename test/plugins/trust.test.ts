/** Which code is run: what was named on this machine, and nothing else; before anything is executed, hashes are compared. */
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TrustedPlugins } from '../../experiments/plugins/trust.ts';
import { headerRecord } from '../../live/session/assemble.ts';
import { resolveLiveConfig } from '../../live/session/config.ts';
import { readPluginFile } from '../../storage/plugin-file.ts';
import { TapeWriter } from '../../storage/tape-writer.ts';
import { type Outcome, Workplace } from '../scripts/command-line.ts';

/** Its number says which code it is: Node loads a file once. */
let numFiles = 0;
let place: Workplace;
beforeEach(() => {
  place = new Workplace();
});
afterEach(() => place.remove());

/** An agent that leaves a trace where its file is run. */
const agentFile = (mark: string): string => `import * as gym from 'market-gym';
import { appendFileSync } from 'node:fs';
import { choice } from './choice-${mark}.mjs';
appendFileSync(new URL('./RAN', import.meta.url), '${mark}\\n');
export const agent = gym.defineAgent({
  name: 'traced',
  description: 'Takes one choice.',
  config: gym.z.object({}),
  build: () => ({
    act: (_, numEnvs) => new Int32Array(numEnvs).fill(choice),
    observe: () => undefined,
    save: () => ({ arrays: {}, values: {} }),
    load() {},
  }),
});
`;

const TRAIN = ['train', '--agent', 'traced', '--env', 'cartpole', '--envs', '2', '--evaluate-every', '0'];

/** Trains a run with a plugin file that this machine has not seen before. */
async function trained(out = 'run'): Promise<{ file: string; part: string }> {
  const mark = `${process.pid}-${numFiles++}`;
  const [file, part] = [`agent-${mark}.mjs`, `choice-${mark}.mjs`];
  place.write(file, agentFile(mark));
  place.write(part, 'export const choice = 1;\n');
  const { code, stderr } = await place.run(...TRAIN, '--steps', '32', '--plugin', file, '--out', out);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  rmSync(place.file('RAN'));
  return { file, part };
}

/** Another user: nothing was named yet. */
function forget(): void {
  rmSync(place.file('.config'), { recursive: true });
}

/** Writes a file into a run's record that nobody has named. */
function smuggle(run: string, change: (spec: Record<string, unknown>) => void): void {
  const spec = JSON.parse(place.read(`${run}/run.json`));
  change(spec);
  place.write(`${run}/run.json`, JSON.stringify(spec));
}

const refused = (message: RegExp) =>
  expect.objectContaining({ code: 2, stdout: '', stderr: expect.stringMatching(message) }) as Outcome;

describe('a run names code', () => {
  test('that was given here before: it is run without being named again', async () => {
    await trained();
    expect(await place.run('evaluate', 'run', '--episodes', '1')).toMatchObject({ code: 0, stderr: '' });
    expect(await place.run('models', 'add', 'run', '--name', 'm', '--registry', 'r')).toMatchObject({
      code: 0,
    });
  });

  test('that was never given here: nothing of it is run until it is named or all is trusted', async () => {
    const { file } = await trained();
    const stranger = `stranger-${numFiles++}.mjs`;
    place.write(
      stranger,
      "import { appendFileSync } from 'node:fs';\nappendFileSync('RAN', 'x');\nexport const x = 1;\n",
    );
    smuggle('run', (spec) => {
      spec.plugins = [stranger];
    });
    for (const command of [
      ['evaluate', 'run'],
      ['train', '--resume', 'run'],
      ['live', '--run', 'run', '--tape', 'tape'],
    ]) {
      expect(await place.run(...command)).toEqual(
        refused(/^The (run|model) "(run|run:.*)" .*never given on this machine.*--trust-plugins/),
      );
    }
    expect(place.exists('RAN')).toBe(false);
    // Trusted, it is run, and found to be no plugin.
    expect(await place.run('evaluate', 'run', '--trust-plugins')).toEqual(
      refused(/exports no plugin, but x \(number\)/),
    );
    expect(place.exists('RAN')).toBe(true);
    expect(file).not.toBe(stranger);
  });

  test('by a model of the registry, or by a tape: nothing of it is run', async () => {
    await trained();
    const stranger = `stranger-${numFiles++}.mjs`;
    place.write(
      stranger,
      "import { appendFileSync } from 'node:fs';\nappendFileSync('RAN', 'x');\nexport const x = 1;\n",
    );
    const file = { path: place.file(stranger), sha256: '0'.repeat(64) };
    smuggle('run', (spec) => {
      spec.plugins = [file];
    });
    // Packing a model runs nothing of it.
    expect(await place.run('models', 'add', 'run', '--name', 'm', '--registry', 'r')).toMatchObject({
      code: 0,
    });
    expect(await place.run('live', '--model', 'm@1', '--registry', 'r', '--tape', 'new')).toEqual(
      refused(/^The model "m@1" names the plugin file .* never given/),
    );
    const tape = new TapeWriter(place.file('tape'));
    const config = resolveLiveConfig({});
    tape.append(headerRecord({ config, model: 'external', modelCreatedMs: Number.NaN, plugins: [file] }, 1));
    await tape.close();
    for (const command of [
      ['replay', 'tape'],
      ['tape', 'export', 'tape', 'books.jsonl'],
      ['train', '--data', 'tape:tape', '--steps', '64', '--out', 'other'],
      ['live', '--rule', 'buy-and-hold', '--tape', 'tape'],
    ]) {
      expect(await place.run(...command)).toEqual(
        refused(/^The tape "tape" names the plugin file .* never given/),
      );
    }
    expect(place.exists('RAN')).toBe(false);
  });

  test('by a network file of another hash: it is refused before it is run', async () => {
    await trained();
    const network = `network-${numFiles++}.mjs`;
    place.write(
      network,
      "import { appendFileSync } from 'node:fs';\nappendFileSync('RAN', 'x');\nexport const createNetwork = () => {};\n",
    );
    smuggle('run', (spec) => {
      spec.plugins = [];
      spec.agent = { name: 'random', config: {} };
      spec.network = { path: place.file(network), sha256: '0'.repeat(64) };
    });
    expect(await place.run('evaluate', 'run')).toEqual(refused(/network file .* never given/));
    expect(place.exists('RAN')).toBe(false);
  });

  test('that another user has: it asks for the file, and takes it from there on', async () => {
    const { file } = await trained();
    forget();
    expect(await place.run('evaluate', 'run')).toEqual(refused(/never given on this machine/));
    expect(await place.run('evaluate', 'run', '--episodes', '1', '--plugin', file)).toMatchObject({
      code: 0,
    });
    expect(await place.run('evaluate', 'run', '--episodes', '1')).toMatchObject({ code: 0 });
  });
});

test('the same file beside other packages is other code', () => {
  const trusted = new TrustedPlugins(place.file('config'));
  const content = "import { z } from 'pack';\n";
  for (const folder of ['mine', 'theirs', 'mine-too']) {
    mkdirSync(place.file(`${folder}/node_modules/pack`), { recursive: true });
    place.write(`${folder}/a.mjs`, content);
  }
  rmSync(place.file('mine-too/node_modules'), { recursive: true });
  symlinkSync(place.file('mine/node_modules'), place.file('mine-too/node_modules'), 'junction');
  trusted.add(readPluginFile(place.file('mine/a.mjs')));
  const allows = (folder: string) => trusted.allows(readPluginFile(place.file(`${folder}/a.mjs`)));
  expect(['mine', 'mine-too', 'theirs'].map(allows)).toEqual([true, true, false]);
});

describe('the file of a run', () => {
  test('was moved: --plugin says where it is, and it is the same code', async () => {
    const { file, part } = await trained();
    mkdirSync(place.file('elsewhere'));
    for (const name of [file, part]) renameSync(place.file(name), place.file(`elsewhere/${name}`));
    expect(await place.run('evaluate', 'run')).toEqual(
      refused(/which is not there; say where it is now with --plugin FILE/),
    );
    const outcome = await place.run('evaluate', 'run', '--episodes', '1', '--plugin', `elsewhere/${file}`);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });

  test('has changed, or what it imports: it is refused, or accepted and marked', async () => {
    const { part } = await trained();
    place.write(part, 'export const choice = 0;\n');
    expect(await place.run('evaluate', 'run')).toEqual(
      refused(new RegExp(`was made with other code: .*\\(${part}\\)`)),
    );
    expect(await place.run('train', '--resume', 'run')).toEqual(refused(/--accept-changed-plugin/));
    const accepted = await place.run('train', '--resume', 'run', '--accept-changed-plugin');
    expect(accepted).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/marked by its code, [0-9a-f]{8}→[0-9a-f]{8}/),
    });
    const [plugin] = JSON.parse(place.read('run/run.json')).plugins;
    expect(plugin.before).toHaveLength(1);
    // What it was made with is known now: nothing has changed since.
    expect(await place.run('evaluate', 'run', '--episodes', '1')).toMatchObject({ code: 0, stderr: '' });
  });

  test('differs between two runs: they are never judged as seeds of one', async () => {
    const { file, part } = await trained('first');
    place.write(part, 'export const choice = 0;\n');
    const more = [...TRAIN, '--steps', '32', '--seed', '2', '--plugin', file, '--out', 'second'];
    expect(await place.run(...more)).toMatchObject({ code: 0 });
    place.write(part, 'export const choice = 1;\n');
    expect(await place.run('evaluate', 'first', 'second', '--accept-changed-plugin')).toEqual(
      refused(/differ in .* the code of plugins/),
    );
  });
});
