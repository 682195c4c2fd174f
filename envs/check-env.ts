/** Verifies an env against its contract and says what is wrong and where. */
import { EnvError } from '../core/errors.ts';
import { createRng } from '../core/rng.ts';
import type { Json, Snapshot } from '../core/snapshot.ts';
import { actionAt, allowedAction } from './allowed-action.ts';
import type { Env } from './env.ts';
import { describeValue, maskDefect, spaceProblems } from './space-defects.ts';
import { type Action, type ActionBatch, createActionBatch, sampleActionsInto } from './spaces.ts';

export interface CheckEnvOptions {
  /** Random actions to try in each run; default 1000. */
  steps?: number;
  /** Decides the actions and the env's randomness; default 1. */
  seed?: number;
}

/**
 * Plays random episodes with an env and checks what the contract promises: valid spaces; observations of the
 * space's length, within its bounds, finite; a finite reward; boolean ends; an `EnvError` on stepping before the
 * first reset; the same trajectory from the same seed, bit for bit, whatever the caller writes into arrays it was
 * given or gave; and, where there are `save` and `load`, the same continuation from a stored state. Where there is a mask of
 * actions, only what it allows is played, and it must have an entry per choice, each 0 or 1, and allow some choice of each
 * component.
 * @param env a new env, not reset yet; it is left in the midst of an episode
 * @throws EnvError `broken-contract`, with every problem found
 * @example
 * checkEnv(myEnv.create({ seed: 1 }));
 */
export function checkEnv(env: Env, options: CheckEnvOptions = {}): void {
  const problems = inspectEnv(env, options);
  if (problems.length === 0) return;
  throw new EnvError('broken-contract', `The env breaks its contract: ${problems.join('; ')}.`);
}

/** The same checks as `checkEnv`; returns one sentence per broken rule, the first place it was seen; empty when sound. */
export function inspectEnv(env: Env, { steps = 1000, seed = 1 }: CheckEnvOptions = {}): string[] {
  const problems: string[] = [
    ...methodProblems(env),
    ...spaceProblems(env.observationSpace, 'observationSpace'),
    ...spaceProblems(env.actionSpace, 'actionSpace'),
  ];
  if (env.observationSpace?.kind !== 'box') problems.push('observationSpace must be a box');
  if (problems.length > 0) return problems;

  const actions = createActionBatch(env.actionSpace, steps);
  sampleActionsInto(actions, env.actionSpace, createRng(`${seed}/actions`));
  const inspection = new Inspection(env, actions, steps);
  try {
    inspection.stepBeforeReset();
    if (inspection.repeat(seed)) inspection.resume(seed);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    inspection.report(error.message, error.message);
  }
  return inspection.problems();
}

/** The env threw, so that the inspection cannot go on. */
class Failure extends Error {}

/** What one run showed: a row per reset (observation only) and per step (observation, reward, ends). */
interface Row {
  readonly where: string;
  readonly values: readonly number[];
  /** How many of the values, the first ones, are the mask before the step. */
  readonly numMasked: number;
}

/** What a caller might do to the arrays it shares with the env, between two steps. */
type Meddling = 'nothing' | 'observation' | 'action' | 'mask';

class Inspection {
  readonly #env: Env;
  readonly #actions: ActionBatch; // [steps, A]
  readonly #steps: number;
  readonly #problems = new Map<string, string>();
  #quiet = false;

  constructor(env: Env, actions: ActionBatch, steps: number) {
    this.#env = env;
    this.#actions = actions;
    this.#steps = steps;
  }

  /** Notes a problem; only the first of each rule is kept. */
  report(rule: string, message: string): void {
    if (!this.#quiet && !this.#problems.has(rule)) this.#problems.set(rule, message);
  }

  problems(): string[] {
    return [...this.#problems.values()];
  }

  stepBeforeReset(): void {
    try {
      this.#env.step(this.#action(0));
    } catch (error) {
      if (error instanceof EnvError) return;
      this.report('not-reset', `step before reset must throw an EnvError, but threw ${describeError(error)}`);
      return;
    }
    this.report('not-reset', 'step before reset must throw an EnvError, but returned a result');
  }

  /** Same seed, same trajectory, whatever the caller writes into shared arrays; false when not even the same seed. */
  repeat(seed: number): boolean {
    const first = this.#play(seed);
    const difference = firstDifference(first, this.#play(seed));
    if (difference !== undefined) {
      this.report('determinism', `the same seed gives another trajectory: ${difference}`);
      return false;
    }
    const meddled = {
      observation: "the returned observation is the env's own state: after the caller wrote into it,",
      action: 'the env keeps the action array it was given: after the caller wrote into it,',
      mask: "the action mask is the env's own state: after the caller wrote into it,",
    } as const;
    for (const meddling of ['observation', 'action', 'mask'] as const) {
      if (meddling === 'mask' && this.#env.actionMask === undefined) continue;
      this.#quiet = true; // What follows from the meddling is one problem, not several.
      const change = this.#meddle(first, seed, meddling);
      this.#quiet = false;
      if (change !== undefined) this.report(meddling, `${meddled[meddling]} ${change}`);
    }
    if (this.#env.render !== undefined) {
      const picture = this.#try('render', () => this.#env.render!());
      if (typeof picture !== 'string')
        this.report('render', `render must return a string, got ${typeof picture}`);
    }
    return true;
  }

  /** What a caller's writing changes, in words. */
  #meddle(first: readonly Row[], seed: number, meddling: Meddling): string | undefined {
    try {
      return firstDifference(first, this.#play(seed, meddling));
    } catch (error) {
      if (error instanceof Failure) return error.message;
      throw error;
    }
  }

  /** A stored and reloaded state continues to the same bits. */
  resume(seed: number): void {
    const env = this.#env;
    if (env.save === undefined || env.load === undefined) return;
    let pause = Math.floor(this.#steps / 2);
    this.#reset({ seed });
    let last = this.#walk(0, pause, 'nothing').at(-1);
    // The state at an episode's beginning shows least of what a save may lack.
    while (last?.where.startsWith('reset') && pause < this.#steps - 1) {
      last = this.#walk(pause, ++pause, 'nothing').at(-1);
    }
    const saved = this.#try('save', () => env.save!());
    const unstorable = findUnstorable(saved.values, 'values');
    if (unstorable !== undefined) {
      this.report('save', `save returns ${unstorable}, which cannot be stored in JSON`);
      return;
    }
    const values = JSON.parse(JSON.stringify(saved.values)) as Snapshot['values'];
    const unbroken = this.#walk(pause, this.#steps, 'nothing');
    // The arrays are read only now: had `save` returned views of live state, they would have moved on.
    this.#try('load', () => env.load!({ arrays: saved.arrays, values }));
    const difference = firstDifference(unbroken, this.#walk(pause, this.#steps, 'nothing'));
    if (difference !== undefined) {
      this.report('load', `load after save at step ${pause} does not continue as before: ${difference}`);
    }
  }

  #play(seed: number, meddling: Meddling = 'nothing'): Row[] {
    const begun = this.#reset({ seed });
    const walked = this.#walk(0, this.#steps, meddling);
    return [begun, ...walked, this.#reset(undefined)];
  }

  /** Takes the actions [from, to), beginning episodes as they end. */
  #walk(from: number, to: number, meddling: Meddling): Row[] {
    const rows: Row[] = [];
    for (let step = from; step < to; step++) {
      const where = `step ${step}`;
      const mask = this.#mask(where);
      const given = allowedAction(this.#action(step), this.#env.actionSpace, mask);
      const action = typeof given === 'number' ? given : given.slice();
      const shown = mask === undefined ? [] : [...mask];
      if (meddling === 'mask') mask?.fill(0);
      const result = requireObject(
        where,
        this.#try(where, () => this.#env.step(action)),
      );
      const { reward, terminated, truncated } = result;
      this.#checkArrays(result.observation, result.info, where);
      if (!Number.isFinite(reward)) this.report('reward', `reward at ${where} is ${describeValue(reward)}`);
      for (const [name, flag] of Object.entries({ terminated, truncated })) {
        if (typeof flag !== 'boolean') {
          this.report(name, `${name} at ${where} must be a boolean, got ${describeValue(flag)}`);
        }
      }
      rows.push({
        where,
        values: [...shown, ...result.observation, reward, Number(terminated), Number(truncated)],
        numMasked: shown.length,
      });
      if (
        typeof action !== 'number' &&
        action.some((value, i) => !Object.is(value, (given as Int32Array)[i]))
      ) {
        this.report('action-written', `step wrote into the action array it was given, at ${where}`);
      }
      if (meddling === 'observation') result.observation.fill(Number.NaN);
      if (meddling === 'action' && typeof action !== 'number')
        action.set(this.#action(step ^ 1) as Int32Array);
      if (terminated || truncated) {
        rows.push(this.#reset(undefined));
      }
    }
    return rows;
  }

  #reset(options: { seed: number } | undefined): Row {
    const where = options === undefined ? 'reset()' : `reset({ seed: ${options.seed} })`;
    const { observation, info } = requireObject(
      where,
      this.#try(where, () => this.#env.reset(options)),
    );
    this.#checkArrays(observation, info, where);
    return { where, values: [...observation], numMasked: 0 };
  }

  #checkArrays(observation: Float32Array, info: object, where: string): void {
    const { dim, low, high } = this.#env.observationSpace;
    if (!(observation instanceof Float32Array)) {
      throw new Failure(`observation at ${where} must be a Float32Array, got ${describeValue(observation)}`);
    }
    if (observation.length !== dim) {
      throw new Failure(`observation at ${where} has ${observation.length} elements, its space has ${dim}`);
    }
    for (let i = 0; i < dim; i++) {
      const value = observation[i];
      if (!Number.isFinite(value)) this.report('finite', `observation[${i}] at ${where} is ${value}`);
      else if (value < low[i] || value > high[i]) {
        this.report('bounds', `observation[${i}] at ${where} is ${value}, outside [${low[i]}, ${high[i]}]`);
      }
    }
    if (typeof info !== 'object' || info === null) {
      this.report('info', `info at ${where} must be an object, got ${describeValue(info)}`);
    }
  }

  /** A fresh copy of the step-th action. */
  #action(step: number): Action {
    return actionAt(this.#actions, this.#env.actionSpace, Math.min(step, this.#steps - 1));
  }

  /** The mask before a step, checked; undefined where every choice is allowed. */
  #mask(where: string): Uint8Array | undefined {
    const env = this.#env;
    if (env.actionMask === undefined) return undefined;
    const mask: unknown = this.#try(`actionMask before ${where}`, () => env.actionMask!());
    const defect = maskDefect(mask, env.actionSpace);
    if (defect !== undefined) throw new Failure(`actionMask before ${where} ${defect}`);
    return mask as Uint8Array;
  }

  #try<Result>(where: string, call: () => Result): Result {
    try {
      return call();
    } catch (error) {
      throw new Failure(`${where} threw ${describeError(error)}`);
    }
  }
}

function requireObject<Result>(where: string, result: Result): Result {
  if (typeof result === 'object' && result !== null) return result;
  throw new Failure(`${where} must return an object, got ${describeValue(result)}`);
}

function methodProblems(env: Env): string[] {
  const problems: string[] = [];
  if (env.actionMask !== undefined && typeof env.actionMask !== 'function') {
    problems.push(`actionMask must be a function, got ${typeof env.actionMask}`);
  }
  for (const name of ['reset', 'step'] as const) {
    if (typeof env[name] !== 'function') problems.push(`${name} must be a function, got ${typeof env[name]}`);
  }
  if ((env.save === undefined) !== (env.load === undefined)) {
    problems.push('save and load must both be there, or neither');
  }
  return problems;
}

/** Where two runs part, element by element; undefined when they agree to the bit. */
function firstDifference(first: readonly Row[], second: readonly Row[]): string | undefined {
  for (let r = 0; r < Math.max(first.length, second.length); r++) {
    const a = first[r];
    const b = second[r];
    if (a?.where !== b?.where) return `episodes end at other steps (${a?.where} and ${b?.where})`;
    const numObserved = a.values.length - (a.where.startsWith('step') ? 3 : 0);
    for (let i = 0; i < a.values.length; i++) {
      if (Object.is(a.values[i], b.values[i])) continue;
      const name =
        i < a.numMasked
          ? `actionMask[${i}]`
          : i < numObserved
            ? `observation[${i - a.numMasked}]`
            : ['reward', 'terminated', 'truncated'][i - numObserved];
      return `${name} at ${a.where} was ${a.values[i]}, then ${b.values[i]}`;
    }
  }
  return undefined;
}

/** The first part of a value that JSON would lose, described; undefined when all of it survives. */
function findUnstorable(value: Json | Snapshot['values'] | undefined, path: string): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return `${path} = ${value}`;
  if (value === undefined || typeof value === 'function') return `${path} = ${typeof value}`;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, part] of Object.entries(value)) {
    const found = findUnstorable(part, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
