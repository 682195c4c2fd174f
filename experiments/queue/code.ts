/** Matches the code that trials were planned with to the files that a worker was given: by hash, before anything of it is run. */
import { basename } from 'node:path';
import type { PluginFile } from '../../storage/plugin-file.ts';
import type { RunSpec } from '../run/spec.ts';

/** What a queue says of a file of code. */
export interface CodeName {
  readonly name: string;
  readonly sha256: string;
}

/** Plugins, and the network where it is a file. */
export function codeFilesOf({ plugins, network }: RunSpec): PluginFile[] {
  return [...plugins, ...(network !== undefined && 'path' in network ? [network] : [])];
}

/** @returns why the worker cannot do it; undefined where it has all of the code */
export function lackOf(code: readonly CodeName[], own: readonly PluginFile[]): string | undefined {
  for (const { name, sha256 } of code) {
    if (own.some((file) => file.sha256 === sha256)) continue;
    const other = own.find(({ path }) => basename(path) === name);
    const has =
      other === undefined
        ? `it was not given the file ${name}`
        : `its ${name} has the hash ${other.sha256.slice(0, 8)}`;
    return `${has}, the trials were planned with ${sha256.slice(0, 8)}; give it that file with --plugin.`;
  }
  return undefined;
}

/** The specification with the worker's paths. */
export function withCode(spec: RunSpec, own: readonly PluginFile[]): RunSpec {
  const place = <File extends PluginFile>(file: File): File => {
    const found = own.find(({ sha256 }) => sha256 === file.sha256);
    return found === undefined ? file : { ...file, path: found.path };
  };
  const { plugins, network } = spec;
  return {
    ...spec,
    plugins: plugins.map(place),
    ...(network !== undefined && 'path' in network && { network: place(network) }),
  };
}
