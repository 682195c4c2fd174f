import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { crc32c, EventFile } from '../../storage/event-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'market-gym-events-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const WALL_TIME_MS = 1_700_000_000_123;

describe('EventFile', () => {
  test('checksums as RFC 3720 has them (appendix B.4)', () => {
    expect(crc32c(new Uint8Array(32)).toString(16)).toBe('8a9136aa');
    expect(crc32c(new Uint8Array(32).fill(0xff)).toString(16)).toBe('62a8ab43');
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)).toString(16)).toBe('46dd794e');
  });

  test('writes the version, then a scalar, byte by byte as the writer of TensorBoard does', () => {
    const path = join(folder, 'events.out.tfevents.0');
    new EventFile(path, WALL_TIME_MS).scalars(300, { loss: -0.5 }, WALL_TIME_MS);
    const wallTime = '093bdf0740fc54d941';
    const version = `${wallTime}10001a0d${Buffer.from('brain.Event:2').toString('hex')}`;
    const value = `0a04${Buffer.from('loss').toString('hex')}15000000bf`;
    const scalar = `${wallTime}10ac022a0d0a0b${value}`;
    expect(readFileSync(path).toString('hex')).toBe(
      `1a00000000000000129bd82d${version}8ae294be1b000000000000001a0d9e13${scalar}f2b69079`,
    );
  });

  test('does not write over a file that is there', () => {
    const path = join(folder, 'events.out.tfevents.0');
    new EventFile(path, 0);
    expect(() => new EventFile(path, 0)).toThrow(/Cannot write/);
  });
});
