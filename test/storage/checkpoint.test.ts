import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StorageError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import {
  type Json,
  joinSnapshots,
  restoreArrayInto,
  type Snapshot,
  snapshotPart,
} from '../../core/snapshot.ts';
import { cartpole } from '../../envs/cartpole.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import {
  type CheckpointDetails,
  keepLatest,
  latestCheckpoint,
  listCheckpoints,
  loadCheckpoint,
  saveCheckpoint,
} from '../../storage/checkpoint.ts';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'market-gym-checkpoint-'));
});
afterEach(() => {
  fs.rmSync(root, { recursive: true, force: true });
});

const details = (steps: number): CheckpointDetails => ({
  agent: { name: 'ppo', config: { learningRate: 3e-4 } },
  env: { name: 'cartpole', config: { maxSteps: 500 } },
  seed: 7,
  steps,
  metrics: { return: 123.456 },
});

const snapshot: Snapshot = {
  arrays: {
    'policy/weights': new Float32Array([0.1, -0, Number.NaN, Infinity]),
    moments: new Float64Array([1 / 3, 5e-324]),
    actions: new Int32Array([-1]),
    counts: new Uint32Array([2 ** 32 - 1]),
    flags: new Uint8Array([1, 0, 1]),
    empty: new Float32Array(0),
  },
  values: {
    count: 0.1 + 0.2,
    tiny: 5e-324,
    huge: 1.7976931348623157e308,
    negativeZero: -0,
    integer: 2 ** 53 - 1,
    spare: null,
    flag: true,
    nested: { list: [1, [2, 'ü "quoted"\n'], {}], 10: 'ten', 9: 'nine' },
  },
};

const errorOf = (call: () => unknown): StorageError => {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(StorageError);
    expect((error as StorageError).message).not.toContain('\n');
    return error as StorageError;
  }
  throw new Error('Nothing was thrown.');
};

describe('a checkpoint', () => {
  test('gives back the snapshot to the bit and what the caller told', () => {
    const path = saveCheckpoint(root, 'step-5', { snapshot, manifest: details(5) });
    expect(path).toBe(join(root, 'step-5'));
    expect(fs.readdirSync(path).sort()).toEqual(['manifest.json', 'state.safetensors']);
    const loaded = loadCheckpoint(path);
    expect(loaded.snapshot.values).toStrictEqual(snapshot.values);
    expect(Object.is(loaded.snapshot.values.negativeZero, -0)).toBe(true);
    expect(loaded.snapshot.arrays).toStrictEqual(snapshot.arrays);
    expect(loaded.manifest).toMatchObject({
      ...details(5),
      format: 'market-gym-checkpoint',
      formatVersion: 1,
    });
  });

  test('gives back any double', () => {
    const rng = createRng('doubles');
    const bits = new DataView(new ArrayBuffer(8));
    const values: Record<string, number> = {};
    for (let i = 0; i < 2000; i++) {
      bits.setUint32(0, rng.integer(2 ** 32));
      bits.setUint32(4, rng.integer(2 ** 32));
      const value = bits.getFloat64(0);
      if (Number.isFinite(value)) values[`v${i}`] = value;
    }
    const path = saveCheckpoint(root, 'doubles', { snapshot: { arrays: {}, values }, manifest: details(0) });
    const back = loadCheckpoint(path).snapshot.values;
    for (const [key, value] of Object.entries(values)) expect(Object.is(back[key], value)).toBe(true);
  });

  test('continues real envs to the same bits', () => {
    const create = () => createVectorEnv([0, 1, 2].map((seed) => cartpole.create({ seed })));
    const envs = create();
    envs.reset(3);
    const actions = Int32Array.of(0, 1, 0);
    for (let i = 0; i < 13; i++) envs.step(actions);
    const path = saveCheckpoint(root, 'envs', { snapshot: envs.save(), manifest: details(39) });
    const resumed = create();
    resumed.load(loadCheckpoint(path).snapshot);
    for (let i = 0; i < 50; i++) expect(resumed.step(actions)).toStrictEqual(envs.step(actions));
  });

  test('reads an array straight into place, or once for who asks for it', () => {
    const path = saveCheckpoint(root, 'x', {
      snapshot: joinSnapshots({ a: snapshot }),
      manifest: details(0),
    });
    const loaded = snapshotPart(loadCheckpoint(path).snapshot, 'a');
    const moments = new Float64Array(4);
    restoreArrayInto(moments.subarray(1, 3), loaded, 'moments');
    expect(moments).toStrictEqual(Float64Array.of(0, 1 / 3, 5e-324, 0));
    expect(() => restoreArrayInto(new Float32Array(2), loaded, 'moments')).toThrowError(
      'The saved array "moments" is Float64Array[2], but Float32Array[2] is needed',
    );
    expect(() => restoreArrayInto(moments, loaded, 'moment')).toThrowError('has no array "moment"');
    // An array that was handed out is its owner's: what he writes to it counts.
    loaded.arrays.moments[0] = 7;
    restoreArrayInto(moments.subarray(0, 2), loaded, 'moments');
    expect([...moments]).toEqual([7, 5e-324, 5e-324, 0]);
  });

  test('that changes after it was verified is not read any further', () => {
    const path = saveCheckpoint(root, 'x', { snapshot, manifest: details(0) });
    const file = join(path, 'state.safetensors');
    const target = new Float64Array(2);
    const sound = fs.readFileSync(file);
    const changes: [code: string, change: () => void][] = [
      ['changed', () => fs.appendFileSync(file, ' ')],
      ['changed', () => fs.truncateSync(file, 8)],
      ['changed', () => saveCheckpoint(root, 'x', { snapshot, manifest: details(0) })],
      ['read-failed', () => fs.rmSync(file)],
    ];
    for (const [code, change] of changes) {
      fs.writeFileSync(file, sound);
      const loaded = loadCheckpoint(path).snapshot;
      change();
      expect(errorOf(() => restoreArrayInto(target, loaded, 'moments')).code).toBe(code);
      expect(errorOf(() => loaded.arrays.moments).code).toBe(code);
    }
  });

  test('makes its directory, replaces one of the same name, and can be saved again as loaded', () => {
    const directory = join(root, 'runs', 'a');
    saveCheckpoint(directory, 'latest', { snapshot, manifest: details(1) });
    const path = saveCheckpoint(directory, 'latest', { snapshot, manifest: details(2) });
    expect(fs.readdirSync(directory)).toEqual(['latest']);
    const first = loadCheckpoint(path);
    saveCheckpoint(directory, 'latest', first);
    expect(loadCheckpoint(path)).toEqual(first);
  });

  test('is found again after a crash in the midst of its replacement', () => {
    const path = saveCheckpoint(root, 'latest', { snapshot, manifest: details(1) });
    fs.renameSync(path, `${path}.previous`);
    expect(loadCheckpoint(path).manifest.steps).toBe(1);
    expect(latestCheckpoint(root)).toEqual({ name: 'latest', path, steps: 1 });
  });
});

describe('what JSON cannot hold is refused with its place, and nothing is written', () => {
  test.each<[string, unknown, RegExp]>([
    ['NaN', { a: { b: [0, Number.NaN] } }, /^"values\.a\.b\[1\]" of a checkpoint is NaN/],
    ['Infinity', { a: -Infinity }, /^"values\.a" of a checkpoint is -Infinity/],
    ['a typed array', { a: new Float32Array(1) }, /^"values\.a" of a checkpoint is Float32Array/],
    ['a function', { a: () => 1 }, /^"values\.a" of a checkpoint is \(\) => 1/],
    ['a bigint', { a: 1n }, /^"values\.a" of a checkpoint is 1/],
    ['a hole', { a: [undefined] }, /^"values\.a\[0\]" of a checkpoint is undefined/],
  ])('%s', (_, values, message) => {
    const broken = { arrays: {}, values: values as Record<string, Json> };
    const error = errorOf(() => saveCheckpoint(root, 'x', { snapshot: broken, manifest: details(0) }));
    expect(error.code).toBe('not-storable');
    expect(error.message).toMatch(message);
    expect(fs.readdirSync(root)).toEqual([]);
  });

  test('a metric', () => {
    const manifest = { ...details(0), metrics: { return: Number.NaN } };
    expect(errorOf(() => saveCheckpoint(root, 'x', { snapshot, manifest })).message).toMatch(
      /^"metrics\.return"/,
    );
  });

  test.each(['', '.', '..', 'a/b', '../a', '.hidden', 'a b', 'x.previous'])('the name "%s"', (name) => {
    expect(errorOf(() => saveCheckpoint(root, name, { snapshot, manifest: details(0) })).code).toBe(
      'invalid-name',
    );
  });
});

describe('what was not written so is not loaded', () => {
  test('one changed byte anywhere is found', () => {
    const path = saveCheckpoint(root, 'x', { snapshot, manifest: details(0) });
    for (const name of ['state.safetensors', 'manifest.json']) {
      const file = join(path, name);
      const sound = fs.readFileSync(file);
      for (let i = 0; i < sound.length; i++) {
        const broken = Buffer.from(sound);
        broken[i] ^= 1;
        fs.writeFileSync(file, broken);
        expect(['corrupt', 'foreign', 'unsupported-version']).toContain(
          errorOf(() => loadCheckpoint(path)).code,
        );
      }
      fs.writeFileSync(file, sound);
    }
    expect(loadCheckpoint(path).manifest.steps).toBe(0);
  });

  test('a truncated file is found at any length', () => {
    const path = saveCheckpoint(root, 'x', { snapshot, manifest: details(0) });
    for (const name of ['state.safetensors', 'manifest.json']) {
      const file = join(path, name);
      const sound = fs.readFileSync(file);
      for (const length of [0, 1, 7, 8, 100, sound.length - 2]) {
        fs.writeFileSync(file, sound.subarray(0, length));
        const error = errorOf(() => loadCheckpoint(path));
        expect(error.code).toBe('corrupt');
        if (name === 'state.safetensors') {
          expect(error.message).toContain(`it has ${length} bytes, ${sound.length} were written`);
        }
      }
      fs.writeFileSync(file, sound);
    }
  });

  test('missing files, foreign files and later versions are told apart', () => {
    expect(errorOf(() => loadCheckpoint(join(root, 'none')))).toMatchObject({
      code: 'read-failed',
      message: `Cannot read "${join(root, 'none', 'manifest.json')}": there is no such file or directory. Check the path.`,
    });
    const path = saveCheckpoint(root, 'x', { snapshot, manifest: details(0) });
    fs.rmSync(join(path, 'state.safetensors'));
    expect(errorOf(() => loadCheckpoint(path)).message).toContain('state.safetensors');
    for (const foreign of ['{}', 'null', '3', '[]', '{"format":"other"}']) {
      fs.writeFileSync(join(path, 'manifest.json'), foreign);
      expect(errorOf(() => loadCheckpoint(path)).code).toBe('foreign');
    }
    fs.writeFileSync(join(path, 'manifest.json'), '{"format":"market-gym-checkpoint","formatVersion":2}');
    expect(errorOf(() => loadCheckpoint(path)).message).toMatch(/format version 2, this program reads 1/);
  });

  test('a target that cannot be written', () => {
    fs.writeFileSync(join(root, 'file'), '');
    const error = errorOf(() =>
      saveCheckpoint(join(root, 'file', 'runs'), 'x', { snapshot, manifest: details(0) }),
    );
    expect(error.code).toBe('write-failed');
    expect(error.message).toMatch(/a part of this path is a file/);
  });
});

describe('the list', () => {
  test('is by steps, then by name, and leaves out what is no checkpoint', () => {
    for (const [name, steps] of [
      ['c', 1000],
      ['b', 90],
      ['a2', 90],
      ['d', 5],
    ] as const) {
      saveCheckpoint(root, name, { snapshot, manifest: details(steps) });
    }
    fs.mkdirSync(join(root, 'other'));
    fs.mkdirSync(join(root, '.e.tmp-1-1'));
    fs.writeFileSync(join(root, 'notes.txt'), '');
    expect(listCheckpoints(root).map(({ name }) => name)).toEqual(['d', 'a2', 'b', 'c']);
    expect(latestCheckpoint(root)).toEqual({ name: 'c', path: join(root, 'c'), steps: 1000 });
  });

  test('is empty where there is nothing', () => {
    expect(listCheckpoints(join(root, 'none'))).toEqual([]);
    expect(latestCheckpoint(root)).toBeUndefined();
  });

  test('stops at a damaged manifest', () => {
    const path = saveCheckpoint(root, 'x', { snapshot, manifest: details(0) });
    fs.writeFileSync(join(path, 'manifest.json'), '{');
    expect(errorOf(() => listCheckpoints(root)).code).toBe('corrupt');
  });
});

test('the latest checkpoints stay, and the one that is spared however old it is', () => {
  const save = (name: string, steps: number) =>
    saveCheckpoint(root, name, { snapshot, manifest: details(steps) });
  save('best', 50);
  for (const steps of [100, 200, 300, 400]) save(`step-${steps}`, steps);
  fs.writeFileSync(join(root, 'notes.txt'), 'mine');
  keepLatest(root, Infinity, 'best');
  expect(listCheckpoints(root)).toHaveLength(5);
  keepLatest(root, 4, 'best');
  expect(listCheckpoints(root)).toHaveLength(5);
  keepLatest(root, 2, 'best');
  expect(fs.readdirSync(root).sort()).toEqual(['best', 'notes.txt', 'step-300', 'step-400']);
  keepLatest(root, 1, 'none');
  expect(fs.readdirSync(root).sort()).toEqual(['notes.txt', 'step-400']);
});
