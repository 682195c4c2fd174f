import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StorageError } from '../../core/errors.ts';
import type { ModelDetails } from '../../storage/model-artifact.ts';
import { ModelRegistry } from '../../storage/model-registry.ts';
import { encodeSafetensors } from '../../storage/safetensors.ts';

let root: string;
let registry: ModelRegistry;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'market-gym-registry-'));
  registry = new ModelRegistry(join(root, 'registry'), { create: true });
});
afterEach(() => {
  registry.close();
  fs.rmSync(root, { recursive: true, force: true });
});

const details = (name = 'direction', createdMs = 1000): ModelDetails => ({
  name,
  kind: 'lstm',
  kindVersion: 1,
  config: { units: 64, dropout: 0.1 },
  pipeline: { features: ['return:1'], normalize: 'rolling' },
  data: { hash: 'abc', fromMs: 0, toMs: 86_400_000 },
  metrics: { accuracy: 0.53 },
  codeVersion: '0.1.0',
  createdMs,
});
const weights = (value: number) => ({
  'weights.safetensors': encodeSafetensors({ w: Float32Array.of(value, -0, Number.NaN) }),
});

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

describe('a registry', () => {
  test('gives back what was saved, byte by byte, with versions counted by name', () => {
    expect(registry.save(details(), weights(1)).id).toBe('direction@1');
    expect(registry.save(details(), weights(2)).id).toBe('direction@2');
    expect(registry.save(details('other'), weights(1)).id).toBe('other@1');
    const { record, manifest, files } = registry.load('direction@2');
    expect(record).toMatchObject({ name: 'direction', version: 2, stage: 'candidate' });
    expect(manifest).toMatchObject(details());
    expect(Buffer.from(files['weights.safetensors'])).toEqual(Buffer.from(weights(2)['weights.safetensors']));
    expect(registry.list().map(({ id }) => id)).toEqual(['direction@1', 'direction@2', 'other@1']);
  });

  test('has one champion a name, and archives the one before', () => {
    for (const value of [1, 2, 3]) registry.save(details(), weights(value));
    expect(registry.get('direction').id).toBe('direction@3');
    registry.promote('direction@1', 2000, { reason: 'first' });
    registry.promote('direction@2', 3000, { pValue: 0.01 });
    expect(registry.list().map(({ stage }) => stage)).toEqual(['archived', 'champion', 'candidate']);
    expect(registry.get('direction').id).toBe('direction@2');
    expect(registry.get('direction@champion').id).toBe('direction@2');
    registry.archive('direction@2', 4000, { reason: 'drift' });
    expect(errorOf(() => registry.get('direction@champion')).code).toBe('unknown-model');
    expect(registry.events('direction@2')).toEqual([
      { id: 'direction@2', timeMs: 1000, action: 'saved', evidence: null },
      { id: 'direction@2', timeMs: 3000, action: 'promoted', evidence: { pValue: 0.01 } },
      { id: 'direction@2', timeMs: 4000, action: 'archived', evidence: { reason: 'drift' } },
    ]);
    expect(registry.events('direction@1').at(-1)).toMatchObject({
      action: 'archived',
      evidence: { succeededBy: 'direction@2' },
    });
  });

  test('exports a model that another registry imports unchanged', () => {
    registry.save(details(), weights(1));
    const path = join(root, 'exported');
    registry.export('direction@1', path);
    expect(errorOf(() => registry.export('direction@1', path)).code).toBe('exists');
    const other = new ModelRegistry(join(root, 'other'), { create: true });
    other.save(details(), weights(9));
    const imported = other.import(path);
    expect(imported.id).toBe('direction@2');
    expect(imported.artifact).toBe(registry.get('direction@1').artifact);
    expect(other.load('direction@2').files).toEqual(registry.load('direction@1').files);
    other.close();
  });

  test('is seen by a second process’s connection at once', () => {
    const second = new ModelRegistry(registry.path);
    registry.save(details(), weights(1));
    expect(second.list()).toHaveLength(1);
    second.promote('direction@1', 1, null);
    expect(registry.get('direction@1').stage).toBe('champion');
    second.close();
  });
});

describe('what is damaged is refused', () => {
  const artifactFile = (file: string): string =>
    join(registry.path, 'artifacts', registry.get('direction@1').artifact, file);

  test('any byte of the weights', () => {
    registry.save(details(), weights(1));
    const file = artifactFile('weights.safetensors');
    const bytes = fs.readFileSync(file);
    bytes[bytes.length - 1] ^= 1;
    fs.writeFileSync(file, bytes);
    expect(errorOf(() => registry.load('direction@1')).code).toBe('corrupt');
    expect(errorOf(() => registry.promote('direction@1', 0, null)).code).toBe('corrupt');
    expect(registry.get('direction@1').stage).toBe('candidate');
    expect(registry.verify().defects.map(({ id }) => id)).toEqual(['direction@1']);
  });

  test('the manifest, a missing file and an added one', () => {
    registry.save(details(), weights(1));
    const manifest = artifactFile('model.json');
    const text = fs.readFileSync(manifest, 'utf8');
    fs.writeFileSync(manifest, text.replace('0.53', '0.93'));
    expect(errorOf(() => registry.load('direction@1')).code).toBe('corrupt');
    fs.writeFileSync(manifest, text);
    fs.writeFileSync(artifactFile('run.js'), '');
    expect(errorOf(() => registry.load('direction@1')).message).toContain('"run.js" does not belong to it');
    fs.rmSync(artifactFile('run.js'));
    fs.rmSync(artifactFile('weights.safetensors'));
    expect(errorOf(() => registry.load('direction@1')).code).toBe('read-failed');
    registry.save(details(), weights(1));
    expect(registry.verify().defects).toEqual([]);
  });

  test.each([
    ['text', '{', 'corrupt'],
    ['another program', '{"format": "other"}', 'foreign'],
    ['another version', '{"format": "market-gym-model", "formatVersion": 2}', 'unsupported-version'],
    [
      'a file elsewhere',
      '{"format": "market-gym-model", "formatVersion": 1, "name": "a", "files": {"../x": ""}}',
      'corrupt',
    ],
  ])('an import of %s', (_, manifest, code) => {
    const path = join(root, 'foreign');
    fs.mkdirSync(path);
    fs.writeFileSync(join(path, 'model.json'), manifest);
    expect(errorOf(() => registry.import(path)).code).toBe(code);
    expect(registry.list()).toEqual([]);
  });

  test('a registry that is no database', () => {
    const path = join(root, 'broken');
    fs.mkdirSync(path);
    fs.writeFileSync(
      join(path, 'registry.db'),
      'not a database, and long enough to be looked at. '.repeat(40),
    );
    expect(errorOf(() => new ModelRegistry(path)).code).toBe('corrupt');
  });
});

describe('names are checked', () => {
  test('of models, files and references', () => {
    expect(errorOf(() => registry.save(details('a/b'), weights(1))).code).toBe('invalid-name');
    expect(errorOf(() => registry.save(details('a@1'), weights(1))).code).toBe('invalid-name');
    expect(errorOf(() => registry.save(details(), { 'code.js': new Uint8Array(1) })).code).toBe(
      'invalid-name',
    );
    expect(errorOf(() => registry.save(details(), { 'model.json': new Uint8Array(1) })).code).toBe(
      'invalid-name',
    );
    expect(registry.verify()).toEqual({ numModels: 0, defects: [], numUnreferenced: 0 });
    registry.save(details(), weights(1));
    const error = errorOf(() => registry.get('directoin'));
    expect(error.message).toContain('Did you mean "direction"?');
    expect(errorOf(() => new ModelRegistry(join(root, 'nowhere'))).code).toBe('no-registry');
  });

  test('details that JSON cannot hold leave nothing behind', () => {
    const bad = { ...details(), metrics: { accuracy: Number.NaN } };
    expect(errorOf(() => registry.save(bad, weights(1))).code).toBe('not-storable');
    expect(fs.readdirSync(join(registry.path, 'artifacts'))).toEqual([]);
  });
});
