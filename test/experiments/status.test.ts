import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readStatus } from '../../experiments/status.ts';

describe('the status of what is no experiment', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'status-'));
    writeFileSync(join(folder, 'search.json'), '{}');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(['', 'search.json', 'search.json/below', 'missing'])('"%s" is refused in one line', (name) => {
    expect(() => readStatus(join(folder, name))).toThrow(
      /^".*" holds no experiment; name the folder that market-gym experiment wrote\.$/,
    );
  });
});
