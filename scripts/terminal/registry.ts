/** Opens the registry of models for a command. */
import { ModelRegistry } from '../../storage/model-registry.ts';
import { type Console, createConsole } from './console.ts';
import type { Io } from './io.ts';

export interface RegistryArguments {
  /** Directory. */
  readonly registry: string;
  readonly json: boolean;
}

/**
 * Opens the registry, acts, and closes it.
 * @param create whether one is made where there is none
 * @returns what the action does: the exit code
 */
export async function withRegistry(
  { registry: path, json }: RegistryArguments,
  io: Io,
  action: (registry: ModelRegistry, console: Console) => Promise<number>,
  { create = false } = {},
): Promise<number> {
  const registry = new ModelRegistry(path, { create });
  try {
    return await action(registry, createConsole({ json }, io));
  } finally {
    registry.close();
  }
}
