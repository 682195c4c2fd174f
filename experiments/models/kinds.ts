/** Adds models of TensorFlow.js to the kinds at hand, once one of them is asked for. */
import type { Registry } from '../../core/registry.ts';
import type { ModelPlugin } from '../../models/model.ts';
import { createTfjsKind } from '../../models/tfjs.ts';
import { loadTensorFlow } from '../../networks/tfjs-backend.ts';

/** TensorFlow.js is loaded for models that are made of it alone. */
export async function addTfjsFor(kind: string, kinds: Registry<ModelPlugin>): Promise<Registry<ModelPlugin>> {
  if (kind === 'tfjs' && !kinds.has(kind)) kinds.add(createTfjsKind(await loadTensorFlow()));
  return kinds;
}
