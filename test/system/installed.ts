/** Packs the project, and installs the tarball into an empty folder. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshDist } from '../dist.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** @returns what a program prints on standard output @throws where it exits with another code than 0 */
export function runProgram(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * @param folder empty; holds the tarball, and the project that it is installed in as `user`
 * @param beside further packages for that project
 * @returns the path of that project, and the files of the package
 */
export function installPacked(
  folder: string,
  beside: readonly string[] = [],
): { readonly user: string; readonly packed: readonly string[] } {
  freshDist('index.js');
  const packing = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename, files }] = JSON.parse(runProgram('npm', packing, ROOT));
  const user = join(folder, 'user');
  mkdirSync(user);
  // The commands of the quickstart, with the tarball in place of the registry's package.
  const commands = /^```sh\n(.*?)^```/ms
    .exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))![1]
    .trim()
    .split('\n')
    .map((command) => command.replace(/\s+#.*$/, ''));
  if (commands.pop() !== 'npx market-gym quickstart')
    throw new Error('The quickstart of the README does not end with npx market-gym quickstart.');
  const tarball = join(folder, filename);
  const install = `npm install --no-audit --no-fund --prefer-offline ${[tarball, ...beside].join(' ')}`;
  for (const command of commands) {
    runProgram('bash', ['-c', command.replace('npm install market-gym', install)], user);
  }
  return { user, packed: files.map(({ path }: { path: string }) => path) };
}
