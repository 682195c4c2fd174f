/** Every mistake a user can make gets one line that says what, where and what to do, and leaves nothing behind. */
import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../../storage/checkpoint.ts';
import { CANDLE_HEADER, candleFile, candleLines, type Outcome, Workplace } from './command-line.ts';

const ENVS = `import * as gym from 'market-gym';
const define = (name, rewardAt) => gym.defineEnv({
  name,
  description: 'Pays one a step.',
  config: gym.z.object({}),
  create() {
    let step = -1;
    const observe = () => new Float32Array([step % 2]);
    return {
      observationSpace: gym.createBox([1], 0, 1),
      actionSpace: gym.createDiscrete(2),
      reset() {
        step = 0;
        return { observation: observe(), info: {} };
      },
      step() {
        if (step < 0) throw new gym.EnvError('not-reset', 'Reset this env first.');
        step++;
        return { observation: observe(), reward: rewardAt(step), terminated: false, truncated: step % 1000 === 0, info: {} };
      },
      save: () => ({ arrays: {}, values: { step } }),
      load: (snapshot) => { step = gym.restoreNumber(snapshot, 'step'); },
    };
  },
});
const soonOver = define('steady', () => 1);
export const forbidding = gym.defineEnv({
  name: 'forbidding',
  description: 'Allows nothing from its 1500th step on.',
  config: gym.z.object({}),
  create(context) {
    const env = soonOver.create(context);
    const mask = new Uint8Array(2).fill(1);
    let steps = 0;
    return {
      ...env,
      actionMask: () => mask.slice(),
      step(action) {
        if (++steps === 1500) mask.fill(0);
        return env.step(action);
      },
    };
  },
});
export const soonBroken = define('soon-broken', (step) => (step === 5 ? NaN : 1));
export const lateBroken = define('late-broken', (step) => (step === 300 ? NaN : 1));
`;

const AGENTS = `import * as gym from 'market-gym';
const define = (name, lossAt) => gym.defineAgent({
  name,
  description: 'Does nothing, then fails.',
  config: gym.z.object({}),
  build({ numEnvs }) {
    let step = 0;
    return {
      act: (observations, batch) => new Int32Array(batch),
      observe: () => ({ loss: lossAt((step += numEnvs)) }),
      save: () => ({ arrays: {}, values: { step } }),
      load: (snapshot) => { step = gym.restoreNumber(snapshot, 'step'); },
    };
  },
});
export const drifting = define('drifting', (step) => (step >= 80 ? NaN : 1));
export const throwing = define('throwing', (step) => {
  if (step >= 80) throw new gym.TrainingError('non-finite-loss', \`The loss is NaN at env step \${step}.\`);
  return 1;
});
`;

/** A module that makes networks: each exported by a file of its own, see `beforeAll`. */
const NETWORK = (outputDim: string) => `import * as gym from 'market-gym';
export const createNetwork = ({ inputDim, outputDim, rng }, kernels) => gym.createMlp(kernels, {
  inputDim, hidden: [8], outputDim: ${outputDim}, activation: 'tanh', outputScale: 1, init: 'orthogonal', rng,
});
`;

/** As on a machine without the package. */
const NO_TFJS_NETWORK = `import { loadTensorFlow } from 'market-gym/networks';
await loadTensorFlow({ resolve() { throw Object.assign(new Error(), { code: 'MODULE_NOT_FOUND' }); } });
`;

/** A network whose gradients are not numbers after a while. */
const NAN_NETWORK = `import * as gym from 'market-gym';
export const createNetwork = ({ inputDim, outputDim, rng }, kernels) => {
  const network = gym.createMlp(kernels, {
    inputDim, hidden: [8], outputDim, activation: 'tanh', outputScale: 1, init: 'orthogonal', rng,
  });
  let passes = 0;
  return {
    ...network,
    backward(outputGradients) {
      network.backward(outputGradients);
      if (++passes === 20) network.gradients[0] = NaN;
    },
  };
};
`;

/** The parts of a run.json or a manifest that are changed here. */
interface Content {
  agent: { name: string; config: Record<string, unknown> };
  data: { path: string };
  plugins: string[];
  network?: { path: string; sha256: string };
  numEnvs?: number;
  seed: number;
}

/** Hooks have less time by default than tests. */
const PATIENCE_MS = 60_000;

let place: Workplace;
beforeAll(async () => {
  place = new Workplace();
  const lines = candleLines(1000);
  const bars = (name: string, change: (lines: string[]) => void): void => {
    const changed = [...lines];
    change(changed);
    place.write(name, candleFile(changed));
  };
  bars('good.csv', () => {});
  bars('nan.csv', (rows) => {
    rows[700] = rows[700].replace(/,1000$/, ',NaN');
  });
  bars('unsorted.csv', (rows) => {
    [rows[700], rows[701]] = [rows[701], rows[700]];
  });
  bars('duplicate.csv', (rows) => rows.splice(700, 0, rows[700]));
  bars('short.csv', (rows) => rows.splice(30));
  place.write('column.csv', candleFile(lines, CANDLE_HEADER.replace('close', 'colour')));
  place.write('empty.csv', '');
  place.write('text.csv.gz', 'not gzip');
  mkdirSync(place.file('folder'));

  place.write('envs.ts', ENVS);
  place.write('agents.ts', AGENTS);
  place.write('throws.ts', "throw new Error('it went\\nwrong');\nexport {};\n");
  place.write('syntax.ts', 'export const x = ;\n');
  place.write('import.ts', "import 'no-such-package';\nexport const x = 1;\n");
  place.write('nothing.ts', 'export const x = 1;\n');
  place.write('notes.txt', 'notes');
  place.write('network.mjs', NETWORK('outputDim'));
  place.write('wide-network.mjs', NETWORK('outputDim + 1'));
  place.write('no-tfjs-network.mjs', NO_TFJS_NETWORK);
  place.write('nan-network.mjs', NAN_NETWORK);

  const PPO = ['train', '--env', 'cartpole', '--steps', '64', '--set', 'agent.rolloutSteps=8'];
  const train = ['train', '--agent', 'random', '--steps', '96', '--checkpoint-every', '40'];
  const runs = await Promise.all([
    place.run(...train, '--env', 'cartpole', '--out', 'run'),
    place.run(...train, '--env', 'pendulum', '--out', 'other-run'),
    place.run(
      'train',
      '--env',
      'cartpole',
      '--steps',
      '64',
      '--out',
      'ppo-run',
      '--set',
      'agent.rolloutSteps=8',
    ),
    place.run(...train, '--data', 'good.csv', '--out', 'market-run'),
    place.run(...PPO, '--network', 'network.mjs', '--out', 'network-run'),
  ]);
  for (const { code, stderr } of runs) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}, PATIENCE_MS);
afterAll(() => place?.remove());

/** Expects exit code 2 and one line on standard error that holds all the words, in their order. */
function expectRefusal(args: readonly string[], words: readonly string[]): Promise<void> {
  return expectOneLine(place.run(...args), words);
}

async function expectOneLine(outcome: Promise<Outcome>, words: readonly string[]): Promise<void> {
  const { code, stderr } = await outcome;
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^[^\n]+\n$/) });
  let from = 0;
  for (const word of words) {
    const at = stderr.indexOf(word, from);
    if (at < 0) throw new Error(`"${word}" was expected, in this place, in: ${stderr}`);
    from = at + word.length;
  }
}

type Case = readonly [mistake: string, args: string, ...words: string[]];

/** Arguments are parted by spaces; `''` is an empty one, and `_` in one stands for a space. */
const parse = (args: string): string[] => args.split(' ').map((arg) => (arg === "''" ? '' : arg));

describe('A new run is refused, and its directory not made, for', { concurrent: true }, () => {
  const cases: readonly Case[] = [
    ['a missing data file', '--data no.csv', 'no.csv', 'check the path'],
    ['a folder as data', '--data folder', 'folder is a folder', 'name a file'],
    ['a wrong column', '--data column.csv', 'column.csv', 'lacks close', '--columns', 'or rename'],
    ['a NaN in a row', '--data nan.csv', 'nan.csv: line 702', '"volume"', '"NaN"', 'correct or remove'],
    ['unsorted times', '--data unsorted.csv', 'unsorted.csv: line 703', 'oldest first'],
    ['duplicate times', '--data duplicate.csv', 'duplicate.csv', 'line 703', '--duplicates first'],
    ['an empty file', '--data empty.csv', 'empty.csv is empty', 'fetch the file again'],
    ['a .gz that is not gzip', '--data text.csv.gz', 'text.csv.gz cannot be unpacked', 'compress'],
    ['too few rows', '--data short.csv', '30', 'bring more rows'],
    ['a window larger than the data', '--set env.window=5000', '"trading"', 'shorten', 'window'],
    ['data for an env that takes none', '--env cartpole --data good.csv', '"cartpole"', 'leave out --data'],
    ['an unknown agent', '--agent pppo', 'Unknown agent "pppo"', 'Did you mean "ppo"?'],
    ['an unknown env', '--env tradng', 'Unknown env "tradng"', 'Did you mean "trading"?'],
    ['an unsuited agent', '--env cartpole --agent sma-cross', '"sma-cross"', 'Discrete(2)', '"trading" env'],
    [
      'an unknown key of the agent',
      '--set agent.learnRate=1',
      '"learnRate"',
      'agent "ppo"',
      'Did you mean "learningRate"?',
    ],
    ['an unknown key of the env', '--set env.windw=1', '"windw"', 'env "trading"', 'Did you mean "window"?'],
    [
      'a key that objects inherit',
      '--set agent.__proto__=1',
      'Unknown key "__proto__"',
      'Known: learningRate',
    ],
    ['a value out of range', '--set agent.gamma=2', '2', '"gamma"', 'agent "ppo"', '<=1'],
    [
      'a value of another type',
      '--set agent.learningRate=fast',
      '"fast"',
      '"learningRate"',
      'expected number',
    ],
    ['an empty list of levels', '--set env.levels=[]', '[]', '"levels"', '>=1'],
    ['rows that the split sets', '--set env.fromRow=10', 'env.fromRow', 'use --validate-from'],
    [
      'a network beyond the memory',
      '--env cartpole --set agent.hidden=[100000,100000]',
      '1 GiB',
      'use smaller',
    ],
    ['a setting without a value', '--set agent.gamma', 'Cannot read --set agent.gamma', 'agent.key=value'],
    ['a setting of another part', '--set agnt.gamma=1', '"agnt"', 'Did you mean "agent"?'],
    ['no steps', '--steps 0', '--steps', 'whole number from 1', '"0"'],
    ['a negative seed', '--seed -1', '--seed', 'whole number from 0', '"-1"'],
    ['too many envs', '--envs 1e9', '--envs', 'to 65536'],
    ['evaluations of no episode', '--evaluate-episodes 0', '--evaluate-episodes', 'whole number from 1'],
    ['a date that is none', '--validate-from someday', '"someday"', 'write it as 2017-01-01'],
    [
      'a date after the data',
      '--validate-from 2050-01-01',
      'validation span is empty',
      'move --validate-from',
    ],
    [
      'dates in the wrong order',
      '--validate-from 2012-01-01 --test-from 2010-01-01',
      'validation span is empty',
      'move',
    ],
    ['a missing plugin', '--plugin no.ts', 'No such plugin file: "no.ts"', 'Give the path'],
    ['a text as plugin', '--plugin notes.txt', 'notes.txt', 'Give the path of a .ts'],
    ['a plugin that throws', '--plugin throws.ts', 'throws.ts"', 'it went', 'Correct the file'],
    ['a plugin that lacks a package', '--plugin import.ts', 'import.ts"', "'no-such-package'"],
    [
      'a plugin that exports none',
      '--plugin nothing.ts',
      'nothing.ts exports no plugin',
      'defineAgent, defineEnv',
    ],
    [
      'an env that breaks its contract',
      '--plugin envs.ts --env soon-broken',
      'Env "soon-broken" breaks its contract',
      'reward at step 4 is NaN',
    ],
    [
      'an env that breaks its contract later on',
      '--plugin envs.ts --env late-broken --steps 4000',
      '"late-broken"',
      'reward is NaN',
      'step 300',
      'Check the data and the reward',
    ],
    [
      'an agent whose first loss is NaN',
      '--plugin agents.ts --agent drifting --env cartpole --envs 80',
      'env step 80: loss is NaN',
      'No checkpoint had been saved',
    ],
    [
      'a discrete agent on continuous actions',
      '--agent dqn --env pendulum',
      '"dqn" needs discrete actions',
      'Box',
      'try "ddpg"',
    ],
    [
      'a continuous agent on discrete actions',
      '--agent td3 --env cartpole',
      '"td3" needs continuous actions',
      'Discrete(2)',
    ],
    [
      'a batch larger than the buffer',
      '--agent dqn --env cartpole --set agent.batchSize=64 --set agent.bufferSize=32',
      'batchSize of 64',
      'bufferSize of 32',
      'raise bufferSize',
    ],
    [
      'a batch larger than the buffer of an agent for continuous actions',
      '--agent sac --env pendulum --set agent.bufferSize=100',
      'batchSize of 256',
      'bufferSize of 100',
      'raise bufferSize',
    ],
    [
      'a mask with no valid action',
      '--plugin envs.ts --env forbidding --envs 1 --steps 4000',
      'In env "forbidding"',
      'allows no action',
    ],
    ['a missing network file', '--network no.mjs', 'No such network file', 'no.mjs', 'Give the path'],
    ['a network file that makes none', '--network nothing.ts', 'exports no function createNetwork'],
    [
      'a network whose output does not fit the space',
      '--env cartpole --network wide-network.mjs',
      'The policy needs a network from 4 numbers to 2',
      'returned one from 4 to 3',
      'outputDim',
    ],
    [
      'a tfjs model without tfjs',
      '--env cartpole --network no-tfjs-network.mjs',
      'no-tfjs-network.mjs',
      '@tensorflow/tfjs is not installed',
      'npm install @tensorflow/tfjs',
    ],
    [
      'gradients that are NaN',
      '--env cartpole --network nan-network.mjs --set agent.rolloutSteps=32',
      'PPO stopped at env step',
      'gradient norm NaN',
      'The weights are those before this step',
      'No checkpoint had been saved',
    ],
    ['too many env workers', '--env-workers 65', '--env-workers', 'to 64'],
    ['an option that is none', '--stpes 5', 'Unknown argument: stpes', 'See market-gym train --help'],
  ];
  test.each(cases)('%s', async (mistake, args, ...words) => {
    const out = `out of ${mistake.replaceAll(/\W/g, ' ')}`;
    await expectRefusal(['train', '--out', out, ...parse(args)], words);
    expect(place.exists(out)).toBe(false);
  });
});

describe('One line tells what is wrong with', { concurrent: true }, () => {
  const cases: readonly Case[] = [
    ['an unknown command', 'tran', 'Did you mean train?', 'See market-gym --help'],
    ['no data command', 'data', 'Name a data command: describe', 'See market-gym data --help'],
    ['a name to list', 'list pppo', 'No plugin "pppo"', 'Did you mean "ppo"?'],
    ['no seed of a quickstart', 'quickstart --seeds 0', '--seeds', 'whole number from 1'],
    ['a file to write to', 'bench --only none --json folder', 'Cannot write "folder"'],
    [
      'an --out under a file',
      'train --out good.csv/x',
      'good.csv/x',
      'part of this path is a file',
      'Choose',
    ],
    ['an --out that is a file', 'train --out good.csv', '"good.csv" is a file', 'choose another --out'],
    [
      'an --out that holds a run',
      'train --out run',
      '"run" already holds a run',
      '--resume run',
      'another --out',
    ],
    ['two --out', 'train --out a --out b', '--out was given 2 times', 'give it once'],
    ['no run to resume', 'train --resume no', '"no" holds no run', 'Give a directory'],
    ['an empty name to resume', "train --resume ''", '"" holds no run', 'Give a directory'],
    ['other settings to resume with', 'train --resume run --steps 10', 'leave out --steps', '--out'],
    ['no run to evaluate', 'evaluate', 'Name runs to judge', '--model and --data'],
    ['a folder to evaluate', 'evaluate folder', '"folder" holds no run', 'Give a directory'],
    ['unlike runs', 'evaluate run other-run', '"run" and "other-run" differ', 'one at a time'],
    [
      'unlike runs, the market last',
      'evaluate run market-run',
      '"run" and "market-run" differ',
      'one at a time',
    ],
    [
      'a checkpoint of no such name',
      'evaluate run --checkpoint lastest',
      '"lastest"',
      'Did you mean "latest"?',
    ],
    [
      'a report in no directory',
      'evaluate market-run --report no/report.html',
      'no/report.html',
      'Check the path',
    ],
    [
      'trades below a file',
      'evaluate market-run --trades market-run/run.json/t.csv',
      'run.json',
      'Choose another directory',
    ],
    ['trades as a spreadsheet', 'evaluate market-run --trades t.xlsx', '"t.xlsx"', '.csv, .json, .parquet'],
    [
      'trades of an env without a market',
      'evaluate run --trades t.csv',
      'Nothing to write',
      'no market data',
    ],
  ];
  test.each(cases)('%s', (_mistake, args, ...words) => expectRefusal(parse(args), words));

  test('a name with a line break, still on one line', () =>
    expectRefusal(['data', 'describe', 'no\nsuch.csv'], ['no such.csv', 'check the path']));
});

describe('A stored run is refused, and not touched, when', { concurrent: true }, () => {
  const LAST = 'checkpoints/step-000000000096';

  /** A copy of a run with something done to it, and what resuming and evaluating it then say. */
  const testDamage = (
    damage: string,
    run: string,
    apply: (directory: string) => void,
    words: readonly string[],
    commands: readonly (readonly string[])[] = [['train', '--resume'], ['evaluate']],
  ): void => {
    test(damage, async () => {
      const copy = `${run} ${damage.replaceAll(/\W/g, ' ')}`;
      cpSync(place.file(run), place.file(copy), { recursive: true });
      apply(place.file(copy));
      const before = contents(copy);
      for (const command of commands) await expectRefusal([...command, copy], words);
      expect(contents(copy)).toEqual(before);
    });
  };
  const contents = (directory: string): Record<string, string> =>
    Object.fromEntries(
      place.list(directory).flatMap((name) => {
        const path = `${directory}/${name}`;
        return name.includes('.') || name.includes('manifest')
          ? [[path, place.read(path)]]
          : Object.entries(contents(path));
      }),
    );
  const edit = (file: string, change: (content: Content) => void) => (directory: string) => {
    const path = join(directory, file);
    const content = JSON.parse(readFileSync(path, 'utf8'));
    change(content);
    writeFileSync(path, JSON.stringify(content));
  };
  const RESUME = [['train', '--resume']];
  const LATEST = [...RESUME, ['evaluate', '--checkpoint', 'latest']];

  testDamage(
    'its checkpoint is cut off',
    'run',
    (d) => truncateSync(join(d, LAST, 'state.safetensors'), 50),
    [`${LAST}/state.safetensors" is damaged`, 'it has 50 bytes', 'Remove the directory'],
    LATEST,
  );
  testDamage(
    'its checkpoint is corrupt',
    'run',
    (d) => {
      const file = join(d, LAST, 'state.safetensors');
      const bytes = readFileSync(file);
      bytes[bytes.length - 1] ^= 1;
      writeFileSync(file, bytes);
    },
    [`${LAST}/state.safetensors" is damaged`, 'Remove the directory'],
    LATEST,
  );
  testDamage('a manifest is cut off', 'run', (d) => truncateSync(join(d, LAST, 'manifest.json'), 50), [
    `${LAST}/manifest.json" is damaged`,
    'Remove the directory',
  ]);
  testDamage(
    'a manifest is edited',
    'run',
    edit(`${LAST}/manifest.json`, (manifest) => {
      manifest.seed = 2;
    }),
    [`${LAST}/manifest.json" is damaged`, 'Remove the directory'],
  );
  testDamage('its checkpoints are gone', 'run', (d) => rmSync(join(d, 'checkpoints'), { recursive: true }), [
    'holds no checkpoint',
  ]);
  testDamage('run.json is rubbish', 'run', (d) => writeFileSync(join(d, 'run.json'), 'rubbish'), [
    'run.json" is damaged',
    'Restore it',
  ]);
  testDamage(
    'run.json lacks a part',
    'run',
    edit('run.json', (run) => {
      delete run.numEnvs;
    }),
    ['run.json" is damaged: numEnvs', 'Restore it'],
  );
  testDamage(
    'run.json has other layers than the checkpoint',
    'ppo-run',
    edit('run.json', (run) => {
      run.agent.config.hidden = [32];
    }),
    ['was saved with agent.hidden [64,64]', 'run.json has [32]', 'Restore run.json'],
  );
  testDamage(
    'run.json has another agent',
    'ppo-run',
    edit('run.json', (run) => {
      run.agent = { name: 'random', config: {} };
    }),
    ['was saved with agent "ppo"', 'run.json has "random"', 'Restore run.json'],
  );
  testDamage(
    'run.json has another number of envs',
    'ppo-run',
    edit('run.json', (run) => {
      run.numEnvs = 4;
    }),
    ['step-000000000064" does not fit this run', '[', 'is needed'],
    RESUME,
  );
  testDamage(
    'run.json has more envs than any run',
    'ppo-run',
    edit('run.json', (run) => {
      run.numEnvs = 1e9;
    }),
    ['run.json" is damaged: numEnvs', '65536', 'Restore it'],
    RESUME,
  );
  testDamage(
    'run.json and its checkpoint agree on layers that the checkpoint does not hold',
    'ppo-run',
    (d) => {
      const hidden = [20_000, 20_000];
      edit('run.json', (run) => {
        run.agent.config.hidden = hidden;
      })(d);
      const name = 'step-000000000064';
      const { snapshot, manifest } = loadCheckpoint(join(d, 'checkpoints', name));
      const agent = { ...manifest.agent, config: { ...(manifest.agent.config as object), hidden } };
      saveCheckpoint(join(d, 'checkpoints'), name, { snapshot, manifest: { ...manifest, agent } });
    },
    ['"hidden" of', 'asks for 400020000 numbers', 'was changed after it was saved'],
  );
  testDamage(
    'run.json has a key that is unknown',
    'run',
    edit('run.json', (run) => {
      run.agent.config.foo = 1;
    }),
    ['agent "random"', '"foo"', 'start a new run'],
  );
  testDamage(
    'its log is rubbish',
    'run',
    (d) => writeFileSync(join(d, 'log.jsonl'), 'rubbish\n'),
    ['log.jsonl" is damaged: line 1', 'Remove that line'],
    RESUME,
  );
  testDamage(
    'its data file has changed',
    'market-run',
    edit('run.json', (run) => {
      run.data.path = 'changed.csv';
      place.write('changed.csv', candleFile(candleLines(1001)));
    }),
    ['changed.csv is not the file', 'changed', 'Restore it, or start a new run'],
  );
  testDamage(
    'its data file is gone',
    'market-run',
    edit('run.json', (run) => {
      run.data.path = 'gone.csv';
    }),
    ['no file "gone.csv"', 'check the path'],
  );
  testDamage(
    'its network file has changed',
    'network-run',
    edit('run.json', (run) => {
      run.network!.sha256 = 'other';
    }),
    ['was made with other code', 'network.mjs has changed', 'Restore it'],
  );
  testDamage(
    'its network file is gone',
    'network-run',
    edit('run.json', (run) => {
      // Of no code that is known at another place.
      run.network = { path: 'gone.mjs', sha256: '0'.repeat(64) };
    }),
    ['needs the network file gone.mjs', 'is not there', '--network FILE'],
  );
  testDamage(
    'its plugin is gone',
    'run',
    edit('run.json', (run) => {
      run.plugins = ['gone.ts'];
    }),
    ['needs the plugin file gone.ts', 'is not there', '--plugin FILE'],
  );
});

test.concurrent.each([
  ['drifting', ['env step 80', 'loss is NaN']],
  ['throwing', ['The loss is NaN at env step 80']],
])(
  'training that agent "%s" breaks off stops with the step, and its last good checkpoint loads',
  async (agent, words) => {
    const checkpoint = `${agent}/checkpoints/step-000000000040`;
    const train = ['train', '--plugin', 'agents.ts', '--agent', agent, '--env', 'cartpole', '--out', agent];
    await expectRefusal(
      [...train, '--steps', '400', '--checkpoint-every', '40'],
      [...words, `The last good checkpoint is ${join(checkpoint)}`],
    );
    expect(place.list(`${agent}/checkpoints`)).toEqual(['step-000000000040']);
    expect(loadCheckpoint(place.file(checkpoint)).manifest.steps).toBe(40);
  },
);
