import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { sha256 } from '../../storage/exact-json.ts';
import { StableFile } from '../../storage/stable-file.ts';

let root: string;
let path: string;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'market-gym-stable-'));
  path = join(root, 'file');
});
afterEach(() => {
  fs.rmSync(root, { recursive: true, force: true });
});

test.each([0, 1, 1000, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 3_000_000])('hashes all of %i bytes', (size) => {
  const rng = createRng(size);
  const bytes = Uint8Array.from({ length: size }, () => rng.integer(256));
  fs.writeFileSync(path, bytes);
  const file = new StableFile(path);
  expect(file.size).toBe(size);
  expect(file.sha256()).toBe(sha256(bytes));
});

test('fills a view with the bytes from anywhere, and nothing beside it', () => {
  fs.writeFileSync(path, Uint8Array.of(1, 2, 3, 4, 5));
  const target = new Uint8Array(4).fill(9);
  new StableFile(path).readInto(target.subarray(1, 3), 3);
  expect([...target]).toEqual([9, 4, 5, 9]);
});

test('bytes past the end are refused', () => {
  fs.writeFileSync(path, Uint8Array.of(1, 2, 3));
  const file = new StableFile(path);
  expect(() => file.readInto(new Uint8Array(2), 2)).toThrowError(
    /file" changed while it was read\. Stop what/,
  );
});

test('the same bytes in another file, or written anew, are another file', () => {
  fs.writeFileSync(path, 'abc');
  const replaced = new StableFile(path);
  fs.writeFileSync(join(root, 'other'), 'abc');
  fs.renameSync(join(root, 'other'), path);
  expect(() => replaced.sha256()).toThrowError(/changed while it was read/);
  const rewritten = new StableFile(path);
  fs.utimesSync(path, 1, 1);
  expect(() => rewritten.readInto(new Uint8Array(1), 0)).toThrowError(/changed while it was read/);
});

test('a missing file is named', () => {
  expect(() => new StableFile(path)).toThrowError(`Cannot read "${path}": there is no such file`);
});
