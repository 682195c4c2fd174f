/**
 * Answers one client of the bridge: messages of bytes in, messages of bytes out.
 *
 * All numbers are little-endian. A message begins with its kind, one byte, and three bytes of padding.
 *   hello  1, then JSON {version, numEnvs, infos}          → 1, JSON with the spaces
 *   reset  2, then u32 1 where a seed follows, u32 seed     → 4, as a step
 *   step   3, then actions, i32 or f32 [N, A]               → 4, then u32 F finished episodes, f32 observations [N, D],
 *          f32 rewards [N], u8 terminated [N], u8 truncated [N], u8 masks [N, K] where the env has them, u32 [F] which
 *          envs finished, f32 their last observations [F, D], and JSON of the infos where they were asked for
 * An env whose episode ends is restarted in the same step: `observations` begin the next episode.
 */
import { EnvError, MarketGymError } from '../../core/errors.ts';
import {
  type ActionBatch,
  type ActionSpace,
  actionDim,
  createActionBatch,
  numChoices,
} from '../../envs/spaces.ts';
import type { VectorEnv } from '../../envs/vector/vector-env.ts';

export const BRIDGE_VERSION = 1;
const [HELLO, RESET, STEP, STATE, REFUSAL] = [1, 2, 3, 4, 255];
const HEADER = 4;
/** A client's first message at most. */
const MAX_HELLO = 4096;
/** Envs of one client at most. */
const MAX_ENVS = 4096;

/** Makes a client's envs, the i-th with the seed `seed + i`. */
export type CreateEnvs = (numEnvs: number, seed: number) => VectorEnv;

export class BridgeSession {
  readonly #createEnvs: CreateEnvs;
  readonly #env: string;
  #envs: VectorEnv | undefined;
  #actions: ActionBatch = new Int32Array(0); // [N, A]
  #withInfos = false;
  #hasState = false;

  /** @param env its name, for the client */
  constructor(env: string, createEnvs: CreateEnvs) {
    this.#env = env;
    this.#createEnvs = createEnvs;
  }

  /** Bytes of the next message at most. */
  get maxBytes(): number {
    return this.#envs === undefined ? MAX_HELLO : HEADER + Math.max(8, this.#actions.byteLength);
  }

  /** @throws EnvError `bad-message` for what is none, after which the client is not to be heard any more; and as the env */
  answer(message: Uint8Array): Uint8Array {
    const kind = message[0];
    if (message.length < HEADER) throw bad(`a message of ${message.length} bytes`);
    const body = message.subarray(HEADER);
    if (this.#envs === undefined) {
      if (kind !== HELLO) throw bad(`a first message of kind ${kind}; say hello (1)`);
      return this.#hello(body);
    }
    if (kind === RESET) return this.#reset(this.#envs, body);
    if (kind === STEP) return this.#step(this.#envs, body);
    throw bad(`a message of kind ${kind}; reset (2) or step (3)`);
  }

  /** What a client is told before it is left. */
  static refusal(error: unknown): Uint8Array {
    const text =
      error instanceof MarketGymError ? error.message : 'The server failed; its own output says why.';
    return withHeader(REFUSAL, new TextEncoder().encode(text.replace(/\s+/g, ' ')));
  }

  close(): void {
    this.#envs?.close();
    this.#envs = undefined;
  }

  #hello(body: Uint8Array): Uint8Array {
    let asked: { version?: unknown; numEnvs?: unknown; infos?: unknown };
    try {
      asked = { ...JSON.parse(new TextDecoder().decode(body)) };
    } catch {
      throw bad('a hello that is not JSON');
    }
    const { version, numEnvs, infos } = asked;
    if (version !== BRIDGE_VERSION)
      throw bad(`version ${JSON.stringify(version)}; this server speaks ${BRIDGE_VERSION}`);
    if (!(typeof numEnvs === 'number' && Number.isInteger(numEnvs) && numEnvs >= 1 && numEnvs <= MAX_ENVS)) {
      throw bad(`${JSON.stringify(numEnvs)} envs; 1 to ${MAX_ENVS} can be had`);
    }
    const envs = this.#createEnvs(numEnvs, 0);
    const { observationSpace: box, actionSpace } = envs;
    this.#envs = envs;
    this.#withInfos = infos === true;
    this.#actions = createActionBatch(actionSpace, numEnvs);
    const answer = {
      version: BRIDGE_VERSION,
      env: this.#env,
      numEnvs,
      observationSpace: {
        shape: box.shape,
        low: bounds(box.low),
        high: bounds(box.high),
        names: box.names ?? null,
      },
      actionSpace: describeActions(actionSpace),
      masks: envs.stepContext.actionMasks === undefined ? 0 : numChoices(actionSpace),
    };
    return withHeader(HELLO, new TextEncoder().encode(JSON.stringify(answer)));
  }

  #reset(envs: VectorEnv, body: Uint8Array): Uint8Array {
    if (body.length !== 8) throw bad(`a reset of ${body.length} bytes; it has 8`);
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    envs.reset(view.getUint32(0, true) === 0 ? undefined : view.getUint32(4, true));
    this.#hasState = true;
    return this.#state(envs, true);
  }

  #step(envs: VectorEnv, body: Uint8Array): Uint8Array {
    if (!this.#hasState) throw bad('a step before the first reset');
    const actions = this.#actions;
    if (body.length !== actions.byteLength) {
      throw bad(`actions of ${body.length} bytes; ${actions.byteLength} are needed`);
    }
    new Uint8Array(actions.buffer, actions.byteOffset, actions.byteLength).set(body);
    requireActions(actions, envs.actionSpace);
    envs.step(actions);
    return this.#state(envs, false);
  }

  #state(envs: VectorEnv, isFresh: boolean): Uint8Array {
    const { numEnvs, observationSpace, observations, rewards, terminated, truncated, stepContext } = envs;
    const masks = stepContext.actionMasks;
    const finished = isFresh ? [] : envs.finishedEpisodes;
    const { dim } = observationSpace;
    const infos = this.#withInfos ? new TextEncoder().encode(JSON.stringify(envs.infos, plain)) : undefined;
    const size =
      HEADER +
      4 +
      4 * numEnvs * (dim + 1) +
      2 * numEnvs +
      (masks?.length ?? 0) +
      finished.length * 4 * (1 + dim) +
      (infos?.length ?? 0);
    const answer = new Uint8Array(size);
    const view = new DataView(answer.buffer);
    answer[0] = STATE;
    view.setUint32(HEADER, finished.length, true);
    let at = HEADER + 4;
    const put = (part: Float32Array | Uint8Array): void => {
      answer.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
      at += part.byteLength;
    };
    put(observations);
    if (isFresh) at += 6 * numEnvs;
    else {
      put(rewards);
      put(terminated);
      put(truncated);
    }
    if (masks !== undefined) put(masks);
    for (const { envIndex } of finished) {
      view.setUint32(at, envIndex, true);
      at += 4;
    }
    for (const { envIndex } of finished)
      put(envs.nextObservations.subarray(envIndex * dim, (envIndex + 1) * dim));
    if (infos !== undefined) put(infos);
    return answer;
  }
}

/** @throws EnvError `invalid-action` for a choice there is not, and for a number that is not finite */
function requireActions(actions: ActionBatch, space: ActionSpace): void {
  const dim = actionDim(space);
  for (let i = 0; i < actions.length; i++) {
    const action = actions[i];
    const size = space.kind === 'discrete' ? space.n : space.kind === 'box' ? Infinity : space.sizes[i % dim];
    if (space.kind === 'box' ? Number.isFinite(action) : action >= 0 && action < size) continue;
    throw new EnvError(
      'invalid-action',
      `Action ${action} of env ${Math.floor(i / dim)} is ${space.kind === 'box' ? 'not finite' : `none of 0 … ${size - 1}`}.`,
    );
  }
}

function describeActions(space: ActionSpace): object {
  if (space.kind === 'discrete') return { kind: space.kind, n: space.n, names: space.names ?? null };
  if (space.kind === 'multi-discrete') return { kind: space.kind, sizes: space.sizes };
  return { kind: space.kind, shape: space.shape, low: bounds(space.low), high: bounds(space.high) };
}

/** JSON knows no infinities: null stands for no bound. */
const bounds = (values: Float32Array): (number | null)[] =>
  Array.from(values, (value) => (Number.isFinite(value) ? value : null));

/** Typed arrays as lists; what JSON does not know as null. */
function plain(_key: string, value: unknown): unknown {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float32Array);
  return typeof value === 'bigint' ? Number(value) : value;
}

function withHeader(kind: number, body: Uint8Array): Uint8Array {
  const message = new Uint8Array(HEADER + body.length);
  message[0] = kind;
  message.set(body, HEADER);
  return message;
}

const bad = (what: string): EnvError => new EnvError('bad-message', `The client sent ${what}.`);
