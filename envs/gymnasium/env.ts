/** Plays an env of Python's Gymnasium, `gymnasium:CartPole-v1`, in a process of its own. */
import { z } from '../../core/config.ts';
import { EnvError } from '../../core/errors.ts';
import {
  defineEnv,
  type Env,
  type EnvPlugin,
  type ResetOptions,
  type ResetResult,
  type StepResult,
} from '../env.ts';
import {
  type Action,
  type ActionSpace,
  type Box,
  createBox,
  createDiscrete,
  createMultiDiscrete,
} from '../spaces.ts';
import { PythonProcess } from './python.ts';

export const GYMNASIUM_PREFIX = 'gymnasium:';

/** Ids that Gymnasium has registered, but for those with a namespace; `module:id` would import, and so run, any module. */
const ID = /^[\w.-]+$/;

const config = z.object({
  settings: z
    .record(z.string(), z.json())
    .default({})
    .describe("what `gymnasium.make` is given beside the env's id"),
});

interface About {
  readonly observations: {
    readonly low: readonly (number | null)[];
    readonly high: readonly (number | null)[];
  };
  readonly actions: {
    readonly n?: number;
    readonly sizes?: readonly number[];
    readonly low?: readonly (number | null)[];
    readonly high?: readonly (number | null)[];
  };
}

/** The plugin of such a name; undefined for other names. @throws EnvError `invalid-id` for what is no id */
export function findGymnasiumEnv(name: string): EnvPlugin | undefined {
  if (!name.startsWith(GYMNASIUM_PREFIX)) return undefined;
  const id = name.slice(GYMNASIUM_PREFIX.length);
  if (!ID.test(id)) {
    throw new EnvError(
      'invalid-id',
      `"${name}" names no env that Gymnasium has registered: write ${GYMNASIUM_PREFIX}ID, as ${GYMNASIUM_PREFIX}CartPole-v1.`,
    );
  }
  return defineEnv({
    name,
    description: `${id} of Python's Gymnasium`,
    config,
    create: ({ seed }, { settings }) => new GymnasiumEnv(name, id, settings, seed),
  }) as unknown as EnvPlugin;
}

class GymnasiumEnv implements Env {
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  readonly #python: PythonProcess;
  readonly #request: Uint8Array; // of a step: its kind, then the action
  readonly #action: Int32Array | Float32Array;
  readonly #observation: Float32Array; // [D]
  readonly #reset: ResetResult<object>;
  readonly #result: StepResult<object>;
  #seed: number | undefined;

  constructor(name: string, id: string, settings: object, seed: number) {
    this.#python = new PythonProcess(name);
    const asked = new TextEncoder().encode(JSON.stringify({ id, settings }));
    const about: About = JSON.parse(
      new TextDecoder().decode(this.#python.ask(Uint8Array.of(0, ...asked), 0).slice()),
    );
    this.observationSpace = boxOf(about.observations.low, about.observations.high);
    this.actionSpace = actionsOf(about.actions);
    this.#seed = seed;
    const space = this.actionSpace;
    const length = space.kind === 'discrete' ? 1 : space.kind === 'box' ? space.dim : space.sizes.length;
    this.#action = space.kind === 'box' ? new Float32Array(length) : new Int32Array(length);
    this.#request = new Uint8Array(1 + 4 * length);
    this.#request[0] = 2;
    this.#observation = new Float32Array(this.observationSpace.dim);
    this.#reset = { observation: this.#observation, info: {} };
    this.#result = { ...this.#reset, reward: 0, terminated: false, truncated: false };
  }

  reset(options?: ResetOptions): ResetResult<object> {
    const seed = options?.seed ?? this.#seed;
    this.#seed = undefined;
    const request = new Uint8Array(9);
    request[0] = 1;
    const view = new DataView(request.buffer);
    view.setUint32(1, seed === undefined ? 0 : 1, true);
    view.setUint32(5, seed ?? 0, true);
    this.#read(this.#python.ask(request, 1));
    return this.#reset;
  }

  step(action: Action): StepResult<object> {
    if (typeof action === 'number') this.#action[0] = action;
    else this.#action.set(action);
    this.#request.set(new Uint8Array(this.#action.buffer), 1);
    this.#read(this.#python.ask(this.#request, 1));
    return this.#result;
  }

  close(): void {
    this.#python.close();
  }

  #read(answer: Uint8Array): void {
    const { dim } = this.observationSpace;
    if (answer.length !== 10 + 4 * dim) {
      throw new EnvError(
        'python-failed',
        `An observation from Python has ${(answer.length - 10) / 4} numbers, not ${dim}.`,
      );
    }
    const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
    this.#result.reward = view.getFloat64(0, true);
    this.#result.terminated = answer[8] !== 0;
    this.#result.truncated = answer[9] !== 0;
    new Uint8Array(this.#observation.buffer).set(answer.subarray(10));
  }
}

function actionsOf({ n, sizes, low = [], high = [] }: About['actions']): ActionSpace {
  if (n !== undefined) return createDiscrete(n);
  return sizes === undefined ? boxOf(low, high) : createMultiDiscrete(sizes);
}

/** Flat; null stands for no bound. */
function boxOf(low: readonly (number | null)[], high: readonly (number | null)[]): Box {
  return createBox(
    [low.length],
    low.map((value) => value ?? -Infinity),
    high.map((value) => value ?? Infinity),
  );
}
