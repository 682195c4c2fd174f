/** Processes with kernel threads end as they should. */
import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { isBlasThere } from '../blas.ts';
import { counts } from '../soak.ts';

const hasBlas = isBlasThere();

test('kernel threads do not keep the process alive, busy or asleep', () => {
  const url = new URL('../../networks/kernels/create.ts', import.meta.url).href;
  const script = `
    const { createKernels } = await import('${url}');
    const kernels = createKernels({ threads: 3 });
    const values = kernels.allocate(100_000).fill(1);
    for (let i = 0; i < 2000; i++) kernels.scale(values, 1);
    if (process.argv[1]) await new Promise((resolve) => setTimeout(resolve, 300));
    console.log('end');`;
  for (const pause of ['', 'pause']) {
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script, pause];
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    expect(execFileSync(process.execPath, args, { cwd, timeout: 20_000, encoding: 'utf8' })).toBe('end\n');
  }
});

test.skipIf(!hasBlas)(
  'threads of BLAS do not abort a process that ends soon after they were asked for',
  async () => {
    const url = new URL('../../networks/kernels/create.ts', import.meta.url);
    const end = (ms: number): string =>
      `const { createKernels } = await import('${url}'); createKernels({ backend: 'blas', threads: 3 }); setTimeout(() => process.exit(), ${ms});`;
    for (let ms = 10; ms < 50; ms += counts(15, 5)) {
      // Rejects for any other end.
      await promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', end(ms)]);
    }
  },
);
