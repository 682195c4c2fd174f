/** Which kernels OpenBLAS is made to take, with libraries and processors that are described. */
import { expect, test } from 'vitest';
import { fitCoreType, processorFlags } from '../../../networks/kernels/blas-core.ts';

const AVX512 = ['avx', 'avx2', 'fma', 'avx512f', 'avx512dq', 'avx512bw', 'avx512vl', 'avx512cd'];

/** A library that takes what it is told, if it knows it, else what it detects. */
function libraryOf(detected: string | undefined, known: readonly string[]) {
  const events: string[] = [];
  const environment: NodeJS.ProcessEnv = {};
  const open = () => {
    const told = environment.OPENBLAS_CORETYPE;
    const coreName = told !== undefined && known.includes(told) ? told : detected;
    events.push(`open ${coreName}`);
    return { library: coreName, coreName };
  };
  const close = (library: string | undefined) => {
    events.push(`close ${library}`);
  };
  return {
    events,
    environment,
    choose: (flags: readonly string[]) => fitCoreType(open, close, new Set(flags), environment),
  };
}

const ALL = ['Prescott', 'Sandybridge', 'Haswell', 'SkylakeX'];

test.each<[detected: string, flags: string[], taken: string]>([
  ['Prescott', AVX512, 'SkylakeX'],
  ['Prescott', ['avx', 'avx2', 'fma'], 'Haswell'],
  ['Prescott', ['avx', 'avx2'], 'Sandybridge'],
  ['Haswell', AVX512, 'SkylakeX'],
  ['SandyBridge', ['avx', 'avx2', 'fma'], 'Haswell'],
])('a library that takes %s on a processor with %j is opened again with %s', (detected, flags, taken) => {
  const { choose, events, environment } = libraryOf(detected, ALL);
  expect(choose(flags)).toEqual({ library: taken, coreName: taken });
  expect(events).toEqual([`open ${detected}`, `close ${detected}`, `open ${taken}`]);
  expect(environment).toEqual({ OPENBLAS_CORETYPE: taken });
});

test.each<[detected: string | undefined, flags: string[]]>([
  ['Cooperlake', AVX512],
  ['SapphireRapids', AVX512],
  ['Zen', ['avx', 'avx2', 'fma']],
  ['Prescott', []], // not known, or no x86
  [undefined, AVX512], // no OpenBLAS
])('one that takes %s on a processor with %j stays as it is', (detected, flags) => {
  const { choose, events, environment } = libraryOf(detected, ALL);
  expect(choose(flags)).toEqual({ library: detected, coreName: detected });
  expect(events).toEqual([`open ${detected}`]);
  expect(environment).toEqual({});
});

test('a core type that the user has set stays, with a sentence where it is low', () => {
  const { choose, environment } = libraryOf('Haswell', ALL);
  environment.OPENBLAS_CORETYPE = 'Prescott';
  expect(choose(AVX512)).toMatchObject({
    coreName: 'Prescott',
    remark: expect.stringMatching(/with its Prescott kernels, below what .* OPENBLAS_CORETYPE=SkylakeX/),
  });
  expect(environment.OPENBLAS_CORETYPE).toBe('Prescott');
});

test('a library that does not know the better kernels says that it is slow', () => {
  const { choose } = libraryOf('Prescott', ['Prescott']);
  expect(choose(AVX512)).toMatchObject({
    coreName: 'Prescott',
    remark: expect.stringMatching(/below what this processor can/),
  });
});

test('the flags of a processor that is not told are none', () => {
  expect(processorFlags('/no/such/file').size).toBe(0);
});
