/** Tries an agent for a few steps before it trains: what a user's plugin gets wrong is said before any work is lost. */
import type { Agent } from '../agents/agent.ts';
import { MarketGymError } from '../core/errors.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { type ActionBatch, type ActionSpace, actionDim } from '../envs/spaces.ts';
import type { VectorEnv } from '../envs/vector/vector-env.ts';

const STEPS = 8;
const METHODS = ['act', 'observe', 'save', 'load'] as const;

/**
 * Acts and observes for a few steps, acts greedily, saves, and loads what it saved into another of its kind.
 * @param build makes the agent, each time anew
 * @param envs new ones, which are closed afterwards
 * @returns the first rule of the contract that it breaks, as a phrase; undefined when it breaks none
 */
export function findAgentDefect(build: () => Agent, envs: VectorEnv): string | undefined {
  try {
    const agent = build();
    const shape = shapeDefect(agent);
    return shape ?? playDefect(agent, envs) ?? storageDefect(agent.save(), build);
  } catch (error) {
    // What the framework says of settings or envs is a sentence of its own.
    if (error instanceof MarketGymError) throw error;
    return `it threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
  } finally {
    envs.close();
  }
}

function shapeDefect(agent: unknown): string | undefined {
  if (agent instanceof Promise) return 'build returned a promise; it must return the agent at once';
  if (typeof agent !== 'object' || agent === null) return `build returned ${describe(agent)}, not an agent`;
  const missing = METHODS.find((method) => typeof (agent as Record<string, unknown>)[method] !== 'function');
  return missing === undefined ? undefined : `it has no method ${missing}`;
}

function playDefect(agent: Agent, envs: VectorEnv): string | undefined {
  const { numEnvs, actionSpace } = envs;
  let observations = envs.reset();
  for (let step = 0; step < STEPS; step++) {
    const actions = agent.act(observations, numEnvs, true, envs.stepContext);
    const defect = actionDefect(actions, actionSpace, numEnvs, envs.stepContext.actionMasks);
    if (defect !== undefined) return `act returned ${defect}`;
    const transition = envs.step(actions);
    const metrics: unknown = agent.observe(transition);
    if (
      metrics !== undefined &&
      (typeof metrics !== 'object' || metrics === null || metrics instanceof Promise)
    ) {
      return `observe returned ${describe(metrics)}; it must return named numbers, or undefined`;
    }
    observations = envs.observations;
  }
  const greedy = agent.act(observations, numEnvs, false, envs.stepContext);
  const defect = actionDefect(greedy, actionSpace, numEnvs, envs.stepContext.actionMasks);
  return defect === undefined ? undefined : `act, without exploring, returned ${defect}`;
}

function storageDefect(snapshot: Snapshot, build: () => Agent): string | undefined {
  const { arrays, values } = (snapshot ?? {}) as Partial<Snapshot>;
  if (typeof arrays !== 'object' || typeof values !== 'object') {
    return `save returned ${describe(snapshot)}; it must return { arrays, values }`;
  }
  const wrong = Object.entries(arrays).find(([, array]) => !ArrayBuffer.isView(array));
  if (wrong !== undefined)
    return `save returned ${describe(wrong[1])} as array "${wrong[0]}"; give typed arrays`;
  if (JSON.stringify(JSON.parse(JSON.stringify(values))) !== JSON.stringify(values)) {
    return 'save returned values that JSON does not keep';
  }
  build().load({ arrays, values: JSON.parse(JSON.stringify(values)) });
  return undefined;
}

function actionDefect(
  actions: ActionBatch,
  space: ActionSpace,
  numEnvs: number,
  masks: Uint8Array | undefined,
): string | undefined {
  const dim = actionDim(space);
  const wanted = space.kind === 'box' ? Float32Array : Int32Array;
  if (!(actions instanceof wanted)) return `${describe(actions)}, where ${wanted.name} is due`;
  if (actions.length !== numEnvs * dim) {
    return `${actions.length} numbers for ${numEnvs} envs of ${dim}, not ${numEnvs * dim}`;
  }
  for (let i = 0; i < actions.length; i++) {
    const d = i % dim;
    const [low, high] =
      space.kind === 'box'
        ? [space.low[d], space.high[d]]
        : [0, (space.kind === 'discrete' ? space.n : space.sizes[d]) - 1];
    if (!(actions[i] >= low && actions[i] <= high)) return `${actions[i]}, outside [${low}, ${high}]`;
    if (masks !== undefined && space.kind === 'discrete' && masks[i * space.n + actions[i]] === 0) {
      return `choice ${actions[i]}, which the mask forbids`;
    }
  }
  return undefined;
}

function describe(value: unknown): string {
  if (value instanceof Promise) return 'a promise';
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object'
    ? `a ${value.constructor?.name ?? 'object'}`
    : `${typeof value} ${String(value)}`;
}
