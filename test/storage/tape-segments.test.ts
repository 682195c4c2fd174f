import type * as Fs from 'node:fs';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { StorageError } from '../../core/errors.ts';
import { readSegment, segmentSize } from '../../storage/tape-segments.ts';

/** The tests of a process share its modules: here those that have seen the real file system are read again, and after. */
vi.hoisted(() => vi.resetModules());
afterAll(() => {
  vi.doUnmock('node:fs');
  vi.resetModules();
});

/** Called before each reading of a file. */
const hooks = vi.hoisted(() => ({ before: (_file: string): void => {} }));
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof Fs>();
  const readFileSync = (file: string): Buffer => {
    hooks.before(file);
    return fs.readFileSync(file);
  };
  return { ...fs, readFileSync };
});

const TEXT = 'a line\nand another\n';
let path: string;
let plain: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'market-gym-segments-'));
  plain = join(path, '000001.jsonl');
});
afterEach(() => {
  hooks.before = () => {};
  rmSync(path, { recursive: true, force: true });
});

describe('a segment', () => {
  test('reads the same from either form, from any byte', () => {
    writeFileSync(plain, TEXT);
    for (const fromByte of [0, 3, TEXT.length]) {
      expect(readSegment(path, 1, fromByte).bytes.toString()).toBe(TEXT.slice(fromByte));
    }
    expect(segmentSize(path, 1)).toBe(TEXT.length);
    const packed = gzipSync(TEXT);
    writeFileSync(`${plain}.gz`, packed);
    rmSync(plain);
    for (const fromByte of [0, 3, TEXT.length]) {
      expect(readSegment(path, 1, fromByte).bytes.toString()).toBe(TEXT.slice(fromByte));
    }
    expect(segmentSize(path, 1)).toBe(packed.length);
  });

  test('is found when its compression ends between two looks', () => {
    writeFileSync(plain, TEXT);
    writeFileSync(join(path, 'packed'), gzipSync(TEXT));
    const looks: string[] = [];
    hooks.before = (file) => {
      looks.push(file);
      if (file !== plain) return;
      renameSync(join(path, 'packed'), `${plain}.gz`);
      rmSync(plain);
    };
    expect(readSegment(path, 1).bytes.toString()).toBe(TEXT);
    expect(looks).toEqual([`${plain}.gz`, plain, `${plain}.gz`]);
  });

  test('that is not there in any form is told by its name', () => {
    try {
      readSegment(path, 1);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(StorageError);
      expect((error as StorageError).code).toBe('corrupt');
      expect((error as StorageError).message).toContain('000001.jsonl');
    }
  });
});
