/** The packed tarball, installed into an empty folder, as a user has it: types, every sub-path, plain JavaScript. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPacked, ROOT, runProgram } from './installed.ts';

const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const doors = Object.keys(exports)
  .filter((door) => door !== './package.json')
  .map((door) => door.replace('.', 'market-gym'));

const folder = mkdtempSync(join(tmpdir(), 'market-gym-package-'));
const user = join(folder, 'user');
let packed: readonly string[] = [];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  ({ packed } = installPacked(folder, ['@types/node@20']));
}, 280_000);

const run = (command: string, args: readonly string[], cwd = user): string => runProgram(command, args, cwd);

/** What a program prints on standard error before it exits with another code than 0. */
function failure(command: string, args: readonly string[], cwd: string): string {
  try {
    run(command, args, cwd);
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
  throw new Error(`${command} ${args.join(' ')} did not fail.`);
}

function write(file: string, content: string): string {
  writeFileSync(join(user, file), content);
  return file;
}

test('the package holds the program, the library, examples and documents, and nothing for development', () => {
  expect(packed).toEqual(
    expect.arrayContaining([
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'dist/scripts/market-gym.js',
      'dist/networks/kernels/kernels.wasm',
      'dist/networks/kernels/kernels-fma.wasm',
      'data/sp500-daily.csv',
      'examples/reinforce.ts',
    ]),
  );
  expect(packed.filter((path) => /\.map$|bench\/|^test|\.log$|\.tsbuildinfo$/.test(path))).toEqual([]);
});

describe('types', () => {
  test('every sub-path compiles with skipLibCheck off, in a project without the optional peers', () => {
    const imports = doors.map((door, i) => `import * as part${i} from '${door}';`);
    write('all.ts', `${imports.join('\n')}\nexport const all = [${doors.map((_, i) => `part${i}`)}];\n`);
    write(
      'agent.ts',
      `import { type Agent, defineAgent, type StepContext, z } from 'market-gym';
import type { ReplayBatch } from 'market-gym/replay';
export const still = defineAgent({
  name: 'still',
  description: 'Always the first action',
  config: z.object({ unused: z.number().default(1).describe('nothing') }),
  build({ actionSpace }, { unused }): Agent {
    const twice: number = unused * 2;
    return {
      act: (observations: Float32Array, numEnvs: number, explore: boolean, context?: StepContext) =>
        new Int32Array(numEnvs + 0 * (twice + observations.length + Number(explore) + Number(context !== undefined))),
      observe: () => undefined,
      save: () => ({ arrays: {}, values: { kind: actionSpace.kind } }),
      load() {},
    };
  },
});
export type Batch = ReplayBatch;
`,
    );
    const compilerOptions = {
      target: 'ES2022',
      module: 'NodeNext',
      strict: true,
      skipLibCheck: false,
      outDir: 'out',
      types: ['node'],
    };
    write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['all.ts', 'agent.ts'] }));
    expect(run('node', [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', user])).toBe('');
    expect(run('node', ['out/all.js'])).toBe('');
  });

  test('shapes are in the declarations', () => {
    const declared = readFileSync(join(user, 'node_modules/market-gym/dist/envs/transition.d.ts'), 'utf8');
    expect(declared).toContain('/** [N, D], what was acted on. */');
  });
});

describe('plain JavaScript', () => {
  test('every sub-path is imported, and names of the root are the same things', () => {
    const file = write(
      'doors.mjs',
      `const root = await import('market-gym');
for (const door of ${JSON.stringify(doors)}) {
  const room = await import(door);
  for (const [name, value] of Object.entries(room)) {
    if (value === undefined) throw new Error(door + ' promises ' + name + ', which is undefined');
    if (name in root && root[name] !== value) throw new Error(name + ' differs between the root and ' + door);
  }
  console.log(door, Object.keys(room).length > 2);
}
`,
    );
    expect(run('node', [file])).toBe(doors.map((door) => `${door} true\n`).join(''));
  });

  test('the programs of docs/scripting.md run as they stand', () => {
    const page = readFileSync(join(ROOT, 'docs/scripting.md'), 'utf8');
    const [named, whole] = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code);
    const shown = 'console.log(runs.length);\n';
    expect(run('node', [write('named.mjs', named + shown)])).toMatch(/^Done: 10000 steps, [\s\S]*\n1\n$/m);
    expect(run('node', [write('whole.mjs', whole)])).toContain('rolloutSteps');
  });

  test('what is not promised is not to be had', () => {
    const file = write('inside.mjs', "await import('market-gym/core/math');\n");
    expect(failure('node', [file], user)).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  test('a check runs without a test runner, and a suite says that it needs one', () => {
    const file = write(
      'check.mjs',
      `import { cartpole, random } from 'market-gym';
import { checkAgent, checkEnv, testEnv } from 'market-gym/testing';
checkEnv(cartpole.create({ seed: 1 }), { steps: 50 });
checkAgent({ plugin: random, createEnv: (seed) => cartpole.create({ seed }), isRandom: true });
try {
  testEnv('cartpole', (seed) => cartpole.create({ seed }));
} catch (error) {
  console.log(error.code);
}
`,
    );
    expect(run('node', [file])).toBe('no-test-runner\n');
  });
});

describe('a folder of CommonJS', () => {
  const common = join(folder, 'common');
  beforeAll(() => {
    mkdirSync(common);
    writeFileSync(join(common, 'package.json'), '{ "type": "commonjs" }');
    symlinkSync(join(user, 'node_modules'), join(common, 'node_modules'));
  });

  test('require gives the library that import gives', () => {
    writeFileSync(
      join(common, 'one.cjs'),
      `const { EnvError } = require('market-gym');
const { ppo } = require('market-gym/agents');
import('market-gym').then((gym) => console.log(gym.EnvError === EnvError, gym.ppo === ppo));
`,
    );
    expect(run('node', ['one.cjs'], common)).toBe('true true\n');
  });

  test('a TypeScript script that would get a second copy is told what to do, and then gets one', () => {
    const source = `import { EnvError, createRng } from 'market-gym';
void import('market-gym').then((gym) => console.log(gym.EnvError === EnvError, createRng(1).uniform() < 1));
`;
    writeFileSync(join(common, 'script.ts'), source);
    writeFileSync(join(common, 'script.mts'), source);
    const tsx = join(common, 'node_modules/.bin/tsx');
    expect(failure(tsx, ['script.ts'], common)).toContain('Run "npm pkg set type=module" in its folder');
    expect(run(tsx, ['script.mts'], common)).toBe('true true\n');
  });
});

test('the examples run from the installed package, and the program says its version', () => {
  const program = join(user, 'node_modules/.bin/market-gym');
  const train = ['train', '--plugin', 'examples/reinforce.ts', '--agent', 'reinforce', '--env', 'cartpole'];
  run(program, [...train, '--steps', '1000', '--out', 'run']);
  expect(run(program, ['--version']).trim()).toMatch(/^\d+\.\d+\.\d+/);
  expect(failure(program, ['bench'], user)).toContain('The package ships no benches.');
});
