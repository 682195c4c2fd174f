/**
 * The Python program that plays one env of Gymnasium: requests on its standard input, answers on its output.
 *
 * Both are a length, u32 little-endian, and a kind, one byte, before the rest: of requests 0 (JSON: make), 1 (u32 1 where
 * a seed follows, u32 seed: reset), 2 (actions, i32 or f32: step); of answers 0 (JSON of the spaces), 1 (f64 reward, u8
 * terminated, u8 truncated, f32 observation), 255 (text of what went wrong).
 */
export const PROGRAM = `
import json, struct, sys
inputs, outputs = sys.stdin.buffer, sys.stdout.buffer
sys.stdout = sys.stderr

def answer(kind, body):
    outputs.write(struct.pack('<IB', len(body) + 1, kind) + body)
    outputs.flush()

def bounds(values):
    return [None if abs(value) == float('inf') else float(value) for value in values]

def describe(space, flat):
    if not isinstance(flat, spaces.Box):
        raise TypeError('observations ' + str(space) + ' have no fixed size')
    return {'low': bounds(flat.low.ravel()), 'high': bounds(flat.high.ravel())}

try:
    import numpy as np
    import gymnasium as gym
    from gymnasium import spaces
    major = int(gym.__version__.split('.')[0])
    if major < 1:
        raise ImportError('gymnasium ' + gym.__version__ + ' is too old, 1.0 or later is needed')
except Exception as error:
    answer(255, str(error).encode())
    sys.exit(1)

env = None
while True:
    head = inputs.read(4)
    if len(head) < 4:
        break
    request = inputs.read(struct.unpack('<I', head)[0])
    kind, body = request[0], request[1:]
    try:
        if kind == 0:
            about = json.loads(body)
            env = gym.make(about['id'], **about['settings'])
            seen, acted = env.observation_space, env.action_space
            flat = spaces.utils.flatten_space(seen)
            actions = {}
            if isinstance(acted, spaces.Discrete):
                actions = {'n': int(acted.n)}
            elif isinstance(acted, spaces.MultiDiscrete) and acted.nvec.ndim == 1:
                actions = {'sizes': [int(size) for size in acted.nvec]}
            elif isinstance(acted, spaces.Box):
                actions = {'low': bounds(acted.low.ravel()), 'high': bounds(acted.high.ravel())}
            else:
                raise TypeError('actions ' + str(acted) + ' are none of Discrete, MultiDiscrete and Box')
            answer(0, json.dumps({'observations': describe(seen, flat), 'actions': actions}).encode())
            continue
        reward, terminated, truncated = 0.0, False, False
        if kind == 1:
            has_seed, seed = struct.unpack('<II', body)
            observation, _ = env.reset(seed=seed if has_seed else None)
        else:
            if isinstance(acted, spaces.Discrete):
                action = acted.start + np.frombuffer(body, np.int32)[0]
            elif isinstance(acted, spaces.MultiDiscrete):
                action = acted.start + np.frombuffer(body, np.int32)
            else:
                action = np.frombuffer(body, np.float32).reshape(acted.shape).astype(acted.dtype)
            observation, reward, terminated, truncated, _ = env.step(action)
        numbers = np.asarray(spaces.utils.flatten(seen, observation), np.float32).ravel()
        answer(1, struct.pack('<dBB', float(reward), bool(terminated), bool(truncated)) + numbers.tobytes())
    except Exception as error:
        answer(255, (type(error).__name__ + ': ' + str(error)).encode())
`;
