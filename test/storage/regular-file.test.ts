/** Nothing but a file is opened in a directory that somebody else may have made. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRegularFile } from '../../storage/regular-file.ts';
import { RunDirectory } from '../../storage/run-directory.ts';
import { StableFile } from '../../storage/stable-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'market-gym-regular-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a file is read', () => {
  writeFileSync(join(folder, 'a'), 'text');
  expect(readRegularFile(join(folder, 'a'), 'utf8')).toBe('text');
});

test.skipIf(process.platform === 'win32').each<[what: string, make: (path: string) => void]>([
  ['a symbolic link', (path) => symlinkSync('/etc/hostname', path)],
  ['a symbolic link', (path) => symlinkSync('/dev/zero', path)],
  ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ['a directory', (path) => mkdirSync(path)],
])('%s is refused before it is opened', (what, make) => {
  const path = join(folder, 'run.json');
  make(path);
  for (const read of [
    () => readRegularFile(path),
    () => new StableFile(path),
    () => new RunDirectory(folder).specification(),
  ]) {
    expect(read).toThrow(
      expect.objectContaining({ code: 'not-a-file', message: expect.stringContaining(what) }),
    );
  }
});
