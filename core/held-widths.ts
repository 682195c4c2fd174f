/** Checks what a file says of the widths of layers against how much it holds, before memory is taken for them. */
import { StorageError } from './errors.ts';

/** Settings that say how wide a layer is. */
const WIDTHS = /hidden|units|width|filters|channels/i;
/** So many numbers are no harm, whatever the file holds: settings that an agent does not use have their defaults. */
const HARMLESS = 1 << 16;

/**
 * @param settings of an agent or a model, with arrays for layers one after another
 * @param numSaved numbers that its file holds
 * @param name of the agent or model, for messages
 * @throws StorageError `snapshot-mismatch` for layers, or weights between two of them, that are more than all that is saved
 */
export function requireHeldWidths(settings: object, numSaved: number, name: string): void {
  for (const [key, value] of Object.entries(settings)) {
    if (!WIDTHS.test(key)) continue;
    const widths = [value].flat().filter((width) => typeof width === 'number');
    let numNeeded = 0;
    for (const [layer, width] of widths.entries()) numNeeded += width * (widths[layer - 1] ?? 1);
    if (!(numNeeded > Math.max(numSaved, HARMLESS))) continue;
    throw new StorageError(
      'snapshot-mismatch',
      `"${key}" of ${name} asks for ${numNeeded} numbers or more, and its file holds ${numSaved}: it was changed after it was saved.`,
    );
  }
}
