/** Measures in a process of its own: what else a process has done decides its heap, its memory and its compiled code. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** @param script a file beside this one, without its extension @returns what it printed */
export function inOwnProcess(script: string, ...args: readonly string[]): string {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const file = fileURLToPath(new URL(`${script}${extension}`, import.meta.url));
  const command = [...process.execArgv, file, ...args];
  const { stdout, stderr, status } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The process that is measured failed: ${stderr}`);
  return stdout;
}
