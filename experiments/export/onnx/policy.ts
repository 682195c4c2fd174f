/** Writes a trained policy as an ONNX model: from observations to actions as the env takes them. */
import type { PolicyDescription } from '../../../agents/policy-description.ts';
import type { Box } from '../../../envs/spaces.ts';
import { BOOL, FLOAT, OnnxGraph } from './graph.ts';
import { addSteps, columns, type MemoryState, stateDimOf } from './steps.ts';

export interface PolicyExport {
  /** D */
  readonly observationDim: number;
  /** Whether the env says which choices are allowed. */
  readonly masksActions: boolean;
  /** Kept with the model: the agent, the env. */
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * Inputs: `observation` [N, D] f32; with a memory `state_in` [N, S], zeros where an episode begins; `action_mask` [N, K]
 * bool where the env says which choices are allowed. Outputs: `action`, [N, A] i64 of choices or f32 of a box; `values`
 * [N, K], logits or action values that choices are made by; with a memory `state_out` [N, S].
 */
export function exportPolicy({ steps, decision }: PolicyDescription, options: PolicyExport): Uint8Array {
  const graph = new OnnxGraph();
  const observation = graph.input('observation', FLOAT, ['N', options.observationDim]);
  const stateDim = stateDimOf(steps);
  const memory: MemoryState | undefined =
    stateDim > 0 ? { before: graph.input('state_in', FLOAT, ['N', stateDim]) } : undefined;
  const numbers = addSteps(graph, observation, steps, memory);
  if (decision.kind === 'largest') {
    const { sizes } = decision;
    const numChoices = sizes.reduce((sum, size) => sum + size, 0);
    graph.output('values', numbers, 'float', ['N', numChoices]);
    const allowed = options.masksActions ? masked(graph, numbers, numChoices) : numbers;
    graph.output('action', largest(graph, allowed, sizes), 'int64', ['N', sizes.length]);
  } else {
    const { kind, space } = decision;
    const action = kind === 'scaled' ? scale(graph, numbers, space) : numbers;
    graph.output('action', bound(graph, action, space), 'float', ['N', space.dim]);
  }
  if (memory?.after !== undefined) graph.output('state_out', memory.after, 'float', ['N', stateDim]);
  return graph.encode('policy', options.properties);
}

function masked(graph: OnnxGraph, numbers: string, numChoices: number): string {
  const mask = graph.input('action_mask', BOOL, ['N', numChoices]);
  return graph.node('Where', [mask, numbers, graph.floats([-Infinity], [])]);
}

/** Of each component the first of its largest numbers. */
function largest(graph: OnnxGraph, numbers: string, sizes: readonly number[]): string {
  let first = 0;
  const actions = sizes.map((size) => {
    const own = sizes.length === 1 ? numbers : columns(graph, numbers, first, first + size);
    first += size;
    return graph.node('ArgMax', [own], { axis: 1n, keepdims: 1n });
  });
  return actions.length === 1 ? actions[0] : graph.node('Concat', actions, { axis: 1n });
}

/** low + (x + 1)/2·(high − low); some runtimes' tanh goes a little beyond 1. */
function scale(graph: OnnxGraph, x: string, { low, high }: Box): string {
  const unit = graph.node('Clip', [x, graph.floats([-1], []), graph.floats([1], [])]);
  const share = graph.node('Mul', [
    graph.node('Add', [unit, graph.floats([1], [])]),
    graph.floats([0.5], []),
  ]);
  const span = high.map((value, a) => value - low[a]);
  return graph.node('Add', [graph.node('Mul', [share, graph.floats(span)]), graph.floats(low)]);
}

function bound(graph: OnnxGraph, x: string, { low, high }: Box): string {
  return graph.node('Min', [graph.node('Max', [x, graph.floats(low)]), graph.floats(high)]);
}
