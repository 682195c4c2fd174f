/** A user's file that makes the networks of a run: what `--network` names. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { NetworkFactory } from '../../agents/custom-network.ts';
import { ConfigError, StorageError } from '../../core/errors.ts';
import { attempt } from '../../storage/atomic.ts';
import { importModule } from './modules.ts';

export interface NetworkFile {
  /** Where it lies, such that it can be found from any folder. */
  readonly path: string;
  /** SHA-256 of the file, hexadecimal; what it imports is not in it. */
  readonly sha256: string;
  readonly createNetwork: NetworkFactory;
}

/**
 * @param file a TypeScript or JavaScript module that exports `createNetwork`; it may load a model first, by `await`
 * @throws ConfigError `plugin-not-loaded`, or `empty-plugin` when it exports no such function
 */
export async function loadNetworkFile(file: string): Promise<NetworkFile> {
  const path = resolve(file);
  const { createNetwork } = await importModule(path, 'network');
  if (typeof createNetwork !== 'function') {
    throw new ConfigError(
      'empty-plugin',
      `${file} exports no function createNetwork(request, kernels); a network file needs one.`,
    );
  }
  const content = attempt('read', path, () => readFileSync(path));
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { path, sha256, createNetwork: createNetwork as NetworkFactory };
}

/**
 * Loads the file of a stored run again.
 * @throws StorageError `network-changed` when it is no longer the one the run was made with
 */
export async function reloadNetworkFile(stored: Pick<NetworkFile, 'path' | 'sha256'>): Promise<NetworkFile> {
  const file = await loadNetworkFile(stored.path);
  if (file.sha256 === stored.sha256) return file;
  throw new StorageError(
    'network-changed',
    `${stored.path} is not the network file this run was made with: it has changed. Restore it, or start a new run.`,
  );
}
