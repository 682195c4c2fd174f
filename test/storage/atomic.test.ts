import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { StorageError } from '../../core/errors.ts';
import {
  currentDirectory,
  makeDirectory,
  writeDirectoryAtomic,
  writeFileAtomic,
} from '../../storage/atomic.ts';

/** The tests of a process share its modules: here those that have seen the real file system are read again, and after. */
vi.hoisted(() => vi.resetModules());
afterAll(() => {
  vi.doUnmock('node:fs');
  vi.resetModules();
});

/** Lets a test fail chosen calls into the file system; all go through while `onCall` is undefined. */
const faults = vi.hoisted(() => ({ onCall: undefined as ((name: string) => void) | undefined }));

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const wrapped = Object.entries(real).map(([name, member]) => {
    if (typeof member !== 'function' || !/^[a-z].*Sync$/.test(name)) return [name, member];
    const call = (...args: unknown[]): unknown => {
      faults.onCall?.(name);
      return (member as (...args: unknown[]) => unknown)(...args);
    };
    return [name, call];
  });
  return Object.fromEntries(wrapped);
});

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'market-gym-atomic-'));
});
afterEach(() => {
  faults.onCall = undefined;
  fs.rmSync(root, { recursive: true, force: true });
});

const failWith = (code: string): never => {
  throw Object.assign(new Error(`${code}: simulated`), { code });
};

/** Everything below `root`, by relative path. */
function tree(directory = root, prefix = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) Object.assign(found, tree(path, `${prefix}${entry.name}/`));
    else found[`${prefix}${entry.name}`] = fs.readFileSync(path, 'utf8');
  }
  return found;
}

describe('writeFileAtomic', () => {
  test('writes texts and bytes, replaces, and leaves nothing else', () => {
    const path = join(root, 'a.txt');
    writeFileAtomic(path, 'first');
    writeFileAtomic(path, new TextEncoder().encode('second'));
    expect(tree()).toEqual({ 'a.txt': 'second' });
  });

  test('removes what killed processes left for the same path, and nothing else', () => {
    const { pid: dead } = spawnSync(process.execPath, ['--version']);
    const alive = process.ppid;
    const leftBehind = [`.a.tmp-${dead}-0`, `.a.tmp-${process.pid}-0`];
    const others = [`.a.tmp-${alive}-0`, `.b.tmp-${dead}-0`, `.a.tmp-${dead}-0.txt`, `a.tmp-${dead}-0`];
    for (const name of [...leftBehind, ...others]) fs.writeFileSync(join(root, name), '');
    writeFileAtomic(join(root, 'a'), '1');
    expect(Object.keys(tree()).sort()).toEqual(['a', ...others].sort());
    fs.mkdirSync(join(root, `.d.tmp-${dead}-7`));
    writeDirectoryAtomic(join(root, 'd'), { x: '' });
    expect(fs.existsSync(join(root, `.d.tmp-${dead}-7`))).toBe(false);
  });
});

describe('writeDirectoryAtomic', () => {
  test('writes, and replaces all that was there', () => {
    const path = join(root, 'd');
    writeDirectoryAtomic(path, { a: '1', b: new Uint8Array([50]) });
    expect(tree()).toEqual({ 'd/a': '1', 'd/b': '2' });
    writeDirectoryAtomic(path, { a: '3' });
    expect(tree()).toEqual({ 'd/a': '3' });
    writeDirectoryAtomic(path, {});
    expect(fs.readdirSync(path)).toEqual([]);
  });

  test('does not replace a file', () => {
    fs.writeFileSync(join(root, 'd'), 'precious');
    expect(() => writeDirectoryAtomic(join(root, 'd'), { a: '1' })).toThrow(StorageError);
    expect(tree()).toEqual({ d: 'precious' });
  });
});

describe('makeDirectory', () => {
  test('makes all that is missing, and leaves what is there', () => {
    const path = join(root, 'a', 'b', 'c');
    makeDirectory(path);
    fs.writeFileSync(join(path, 'x'), 'x');
    makeDirectory(path);
    makeDirectory(join(root, 'a', '..', 'd'));
    expect(tree()).toEqual({ 'a/b/c/x': 'x' });
    expect(fs.readdirSync(root).sort()).toEqual(['a', 'd']);
  });

  test('takes what another process made at the same time', () => {
    const path = join(root, 'shared');
    faults.onCall = (name) => {
      faults.onCall = name === 'mkdirSync' ? undefined : faults.onCall;
      if (name === 'mkdirSync') fs.mkdirSync(path);
    };
    makeDirectory(path);
    expect(fs.readdirSync(root)).toEqual(['shared']);
  });

  test('tells of a file in the way, and makes nothing', () => {
    fs.writeFileSync(join(root, 'file'), 'x');
    const below = join(root, 'file', 'x', 'y');
    expect(() => makeDirectory(below)).toThrow(`Cannot write "${below}": a part of this path is a file`);
    expect(() => makeDirectory(join(root, 'file'))).toThrow(/^Cannot write ".*file": /);
    expect(tree()).toEqual({ file: 'x' });
  });

  test('ends where a file system says that a parent is missing which is there', () => {
    faults.onCall = (name) => {
      if (name === 'mkdirSync') failWith('ENOENT');
    };
    expect(() => makeDirectory(join(root, 'x'))).toThrow(
      `Cannot write "${join(root, 'x')}": no directory can be made there. Choose another.`,
    );
  });
});

describe('a place that cannot be written is told in one line, and nothing is left behind', () => {
  const write = {
    file: (path: string): void => writeFileAtomic(path, 'x'),
    directory: (path: string): void => writeDirectoryAtomic(path, { a: 'x' }),
  };
  for (const [kind, call] of Object.entries(write)) {
    test(`${kind}: below a file, in no directory, over the other kind`, () => {
      fs.writeFileSync(join(root, 'file'), 'x');
      fs.mkdirSync(join(root, 'full'));
      fs.writeFileSync(join(root, 'full', 'x'), 'x');
      const before = tree();
      const below = join(root, 'file', 'x');
      expect(() => call(below)).toThrow(`Cannot write "${below}": a part of this path is a file`);
      expect(() => call(join(root, 'missing', 'x'))).toThrow(
        /there is no such file or directory\. Check the path/,
      );
      if (kind === 'file')
        expect(() => call(join(root, 'full'))).toThrow(/this is a directory, a file was expected/);
      expect(tree()).toEqual(before);
    });

    for (const code of ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EIO']) {
      test(`${kind}: ${code} at any call`, () => {
        call(join(root, 'target'));
        const before = tree();
        for (let failing = 1; ; failing++) {
          let calls = 0;
          faults.onCall = (name) => {
            // Removing and closing succeed on a full or failing disk.
            if (name !== 'rmSync' && name !== 'closeSync' && ++calls === failing) failWith(code);
          };
          let caught: unknown;
          try {
            call(join(root, 'target'));
          } catch (error) {
            caught = error;
          }
          faults.onCall = undefined;
          if (calls < failing) break;
          expect(caught).toBeInstanceOf(StorageError);
          expect((caught as StorageError).code).toBe('write-failed');
          expect((caught as StorageError).message).toMatch(/^Cannot write ".*target": [^\n]+\.$/);
          const left = tree();
          for (const path of Object.keys(left)) if (path.includes('.previous')) delete left[path];
          expect(left).toEqual(before);
        }
      });
    }
  }
});

describe('a process that dies at any call leaves the old content or the new', () => {
  /** From the n-th call on nothing reaches the disk any more. */
  function dieAtEveryCall(write: () => void, check: (calls: number) => void): void {
    for (let last = 1; ; last++) {
      let calls = 0;
      faults.onCall = () => {
        if (++calls >= last) failWith('EIO');
      };
      let finished = true;
      try {
        write();
      } catch {
        finished = false;
      }
      faults.onCall = undefined;
      if (finished) return;
      check(last);
    }
  }

  test('file', () => {
    const path = join(root, 'a');
    writeFileAtomic(path, 'old');
    const seen: string[] = [];
    dieAtEveryCall(
      () => writeFileAtomic(path, 'new'),
      () => {
        seen.push(fs.readFileSync(path, 'utf8'));
        writeFileAtomic(path, 'old');
      },
    );
    expect(new Set(seen)).toEqual(new Set(['old', 'new']));
  });

  test('directory', () => {
    const path = join(root, 'd');
    const old = { a: 'old', b: 'old' };
    writeDirectoryAtomic(path, old);
    const seen: string[] = [];
    const places = new Set<string>();
    dieAtEveryCall(
      () => writeDirectoryAtomic(path, { a: 'new', b: 'new' }),
      () => {
        const place = currentDirectory(path);
        places.add(place);
        const [a, b] = ['a', 'b'].map((name) => fs.readFileSync(join(place, name), 'utf8'));
        expect(a).toBe(b);
        seen.push(a);
        writeDirectoryAtomic(path, old);
        expect(currentDirectory(path)).toBe(path);
      },
    );
    expect(new Set(seen)).toEqual(new Set(['old', 'new']));
    expect(places).toEqual(new Set([path, `${path}.previous`]));
  });
});
