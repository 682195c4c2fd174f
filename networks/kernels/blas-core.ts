/**
 * Sees to it that OpenBLAS computes with kernels that fit the processor: an older library takes those of a Pentium 4 on one that it does
 * not know, a third of the speed of our own.
 */
import { existsSync, readFileSync } from 'node:fs';

/** What OpenBLAS can be told to take, the best first, with what the processor must have for it. */
const CORE_TYPES = [
  { name: 'SkylakeX', flags: ['avx512f', 'avx512dq', 'avx512bw', 'avx512vl', 'avx512cd'], level: 3 },
  { name: 'Haswell', flags: ['avx2', 'fma'], level: 2 },
  { name: 'Sandybridge', flags: ['avx'], level: 1 },
] as const;

/** How wide the registers of its kernels are, by the names that OpenBLAS gives them; 0 for the others. */
const LEVELS: Readonly<Record<string, number>> = {
  sandybridge: 1,
  bulldozer: 1,
  piledriver: 2,
  steamroller: 2,
  excavator: 2,
  haswell: 2,
  zen: 2,
  skylakex: 3,
  cooperlake: 3,
  sapphirerapids: 3,
};

/** Of x86 processors; other libraries and processors are left as they are. */
const CORE_TYPE_SETTING = 'OPENBLAS_CORETYPE';

/** What a library is taken to be: a name of its kernels, or none where it is no OpenBLAS. */
export interface OpenedLibrary<Library> {
  readonly library: Library;
  readonly coreName: string | undefined;
}

export interface CoreFit<Library> extends OpenedLibrary<Library> {
  /** One sentence where the kernels stay below what the processor can. */
  readonly remark?: string;
}

/**
 * Opens the library, and once more with a better core type where it chose one below the processor's means. A core type that the user
 * has set stays.
 * @param open opens the library anew, by the environment as it is then
 * @param close gives an opened one back
 * @param flags of the processor; empty where they are not known
 * @param environment read and written: what is opened later takes the same kernels
 */
export function fitCoreType<Library>(
  open: () => OpenedLibrary<Library>,
  close: (library: Library) => void,
  flags: ReadonlySet<string>,
  environment: NodeJS.ProcessEnv,
): CoreFit<Library> {
  const first = open();
  const best = CORE_TYPES.find((type) => type.flags.every((flag) => flags.has(flag)));
  if (first.coreName === undefined || best === undefined || levelOf(first.coreName) >= best.level)
    return first;
  if (environment[CORE_TYPE_SETTING]) return { ...first, remark: tooLow(first.coreName, best.name) };
  close(first.library);
  environment[CORE_TYPE_SETTING] = best.name;
  const second = open();
  const isBetter = second.coreName !== undefined && levelOf(second.coreName) >= best.level;
  return isBetter ? second : { ...second, remark: tooLow(second.coreName ?? 'unknown', best.name) };
}

const levelOf = (coreName: string): number => LEVELS[coreName.toLowerCase()] ?? 0;

const tooLow = (coreName: string, better: string): string =>
  `OpenBLAS computes with its ${coreName} kernels, below what this processor can; a newer OpenBLAS, or ${CORE_TYPE_SETTING}=${better}, may be several times faster.`;

/** What the first processor can do, by the names that Linux gives it; empty elsewhere. */
export function processorFlags(file = '/proc/cpuinfo'): ReadonlySet<string> {
  if (process.arch !== 'x64' || !existsSync(file)) return new Set();
  const line = /^flags\s*:\s*(.*)$/m.exec(readFileSync(file, 'utf8'));
  return new Set(line?.[1].split(/\s+/) ?? []);
}
