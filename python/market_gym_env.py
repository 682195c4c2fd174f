"""Plays the envs of market-gym from Python, as Gymnasium envs (Gymnasium 1.x and NumPy; nothing else).

Start a server, `npx market-gym gym-server --env arbitrage --socket gym.sock`, then:

    from market_gym_env import MarketGymEnv, MarketGymVectorEnv
    env = MarketGymEnv("gym.sock")
    envs = MarketGymVectorEnv("gym.sock", num_envs=64)

An address is the path of a Unix socket, or "ws://127.0.0.1:PORT" of a server with --port. Choices that are allowed now are
`info["action_mask"]`, where the env has such a thing. This file may be copied into any project.
"""

import base64
import json
import os
import socket
import struct

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv

VERSION = 1
HELLO, RESET, STEP, STATE, REFUSAL = 1, 2, 3, 4, 255


class MarketGymError(RuntimeError):
    """What the server says is wrong; it leaves the client after it."""


class _UnixChannel:
    """Messages behind their lengths."""

    def __init__(self, path, timeout):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._socket.connect(path)

    def send(self, message):
        self._socket.sendall(struct.pack("<I", len(message)) + message)

    def receive(self):
        (length,) = struct.unpack("<I", _read(self._socket, 4))
        return _read(self._socket, length)

    def close(self):
        self._socket.close()


class _WebChannel:
    """Binary frames of a WebSocket (RFC 6455), as far as this server sends them."""

    def __init__(self, address, timeout):
        host, port = address.removeprefix("ws://").rstrip("/").rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = bytearray()
        while not answer.endswith(b"\r\n\r\n"):
            answer += _read(self._socket, 1)
        if not answer.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(f"{address} is no WebSocket: {bytes(answer).splitlines()[0].decode()}")

    def send(self, message):
        self._frame(2, message)

    def _frame(self, kind, message):
        mask = os.urandom(4)
        length = len(message)
        head = struct.pack("!BB", 128 | kind, 128 | length) if length < 126 else (
            struct.pack("!BBH", 128 | kind, 254, length) if length < 65536 else struct.pack("!BBQ", 128 | kind, 255, length)
        )
        data = np.frombuffer(message, np.uint8)
        masked = data ^ np.resize(np.frombuffer(mask, np.uint8), length)
        self._socket.sendall(head + mask + masked.tobytes())

    def receive(self):
        while True:
            first, length = _read(self._socket, 2)
            if length == 126:
                (length,) = struct.unpack("!H", _read(self._socket, 2))
            elif length == 127:
                (length,) = struct.unpack("!Q", _read(self._socket, 8))
            message = _read(self._socket, length)
            if first & 15 == 2:
                return message
            if first & 15 == 9:
                self._frame(10, message)
            elif first & 15 == 8:
                raise ConnectionError("The server has closed the connection.")

    def close(self):
        self._socket.close()


def _read(connection, length):
    buffer = bytearray(length)
    view = memoryview(buffer)
    while view:
        received = connection.recv_into(view)
        if received == 0:
            raise ConnectionError("The server has closed the connection.")
        view = view[received:]
    return buffer


class _Client:
    """What a single env and a vector of envs have in common."""

    def __init__(self, address, num_envs, infos, timeout):
        address = address.removeprefix("unix:")
        self.channel = (_WebChannel if address.startswith("ws://") else _UnixChannel)(address, timeout)
        hello = {"version": VERSION, "numEnvs": num_envs, "infos": infos}
        answer = self.ask(HELLO, json.dumps(hello).encode(), HELLO)
        about = json.loads(bytes(answer[4:]))
        self.num_envs = num_envs
        self.infos = infos
        self.masks = about["masks"]
        self.observation_space = _box(about["observationSpace"])
        self.names = about["observationSpace"]["names"]
        action = about["actionSpace"]
        if action["kind"] == "discrete":
            self.action_space = spaces.Discrete(action["n"])
        elif action["kind"] == "multi-discrete":
            self.action_space = spaces.MultiDiscrete(action["sizes"])
        else:
            self.action_space = _box(action)
        self.action_type = np.float32 if action["kind"] == "box" else np.int32
        self.action_names = action.get("names")
        self.dim = int(np.prod(self.observation_space.shape))

    def ask(self, kind, body, expected):
        self.channel.send(struct.pack("<I", kind) + body)
        answer = self.channel.receive()
        if answer[0] == REFUSAL:
            self.channel.close()
            raise MarketGymError(bytes(answer[4:]).decode())
        if answer[0] != expected:
            raise MarketGymError(f"The server answers with a message of kind {answer[0]}, not {expected}.")
        return answer

    def reset(self, seed):
        if seed is not None and not 0 <= seed < 2**32:
            raise ValueError(f"A seed is a whole number of 0 to {2**32 - 1}, not {seed}.")
        return self._state(self.ask(RESET, struct.pack("<II", seed is not None, seed or 0), STATE))

    def step(self, actions):
        actions = np.ascontiguousarray(actions, self.action_type)
        return self._state(self.ask(STEP, actions.tobytes(), STATE))

    def _state(self, answer):
        n, dim, shape = self.num_envs, self.dim, self.observation_space.shape
        at = 8

        def take(kind, count):
            nonlocal at
            part = np.frombuffer(answer, kind, count, at).copy()
            at += part.nbytes
            return part

        finished = struct.unpack_from("<I", answer, 4)[0]
        observations = take(np.float32, n * dim).reshape(n, *shape)
        rewards, terminated, truncated = take(np.float32, n), take(np.bool_, n), take(np.bool_, n)
        masks = take(np.int8, n * self.masks).reshape(n, self.masks) if self.masks else None
        which = take(np.uint32, finished)
        last = take(np.float32, finished * dim).reshape(finished, *shape)
        infos = json.loads(bytes(answer[at:])) if self.infos else None
        return observations, rewards, terminated, truncated, masks, which, last, infos


def _box(about):
    low = np.array([-np.inf if value is None else value for value in about["low"]], np.float32)
    high = np.array([np.inf if value is None else value for value in about["high"]], np.float32)
    return spaces.Box(low.reshape(about["shape"]), high.reshape(about["shape"]), dtype=np.float32)


class MarketGymEnv(gym.Env):
    """One env of a server. The server begins the next episode by itself; `reset` without a seed gives its first observation."""

    metadata = {"render_modes": []}

    def __init__(self, address, infos=True, timeout=60.0, render_mode=None):
        self._client = _Client(address, 1, infos, timeout)
        self.observation_space = self._client.observation_space
        self.action_space = self._client.action_space
        self.render_mode = render_mode
        self._next = None

    @property
    def observation_names(self):
        return self._client.names

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if seed is None and self._next is not None:
            observation, masks = self._next
            info = {}
        else:
            observations, _, _, _, masks, _, _, infos = self._client.reset(seed)
            observation, info = observations[0], infos[0] if infos else {}
        self._next = None
        return observation, self._with_mask(info, masks)

    def step(self, action):
        if self._next is not None:
            raise RuntimeError("The episode is over: call reset first.")
        observations, rewards, terminated, truncated, masks, which, last, infos = self._client.step(action)
        observation = observations[0]
        info = infos[0] if infos else {}
        if len(which) > 0:
            self._next = (observation, masks)
            observation = last[0]
        else:
            info = self._with_mask(info, masks)
        return observation, float(rewards[0]), bool(terminated[0]), bool(truncated[0]), info

    def action_masks(self):
        """The allowed choices of the present step, for MaskablePPO of sb3-contrib."""
        return self._mask.astype(bool)

    def _with_mask(self, info, masks):
        if masks is None:
            return info
        self._mask = masks[0]
        return {**info, "action_mask": masks[0]}

    def close(self):
        self._client.channel.close()


class MarketGymVectorEnv(VectorEnv):
    """N envs of a server in one frame a step. An env whose episode ends begins the next one in the same step."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}

    def __init__(self, address, num_envs=8, infos=False, timeout=60.0):
        self._client = _Client(address, num_envs, infos, timeout)
        self.num_envs = num_envs
        self.single_observation_space = self._client.observation_space
        self.single_action_space = self._client.action_space
        self.observation_space = gym.vector.utils.batch_space(self.single_observation_space, num_envs)
        self.action_space = gym.vector.utils.batch_space(self.single_action_space, num_envs)

    @property
    def observation_names(self):
        return self._client.names

    def reset(self, *, seed=None, options=None):
        """`seed` is env 0's; env i has `seed + i`. A list must say the same."""
        if isinstance(seed, (list, tuple, np.ndarray)):
            if any(other != seed[0] + i for i, other in enumerate(seed)):
                raise ValueError("Seeds of a vector are one number and those after it.")
            seed = int(seed[0])
        super().reset(seed=seed)
        observations, _, _, _, masks, _, _, infos = self._client.reset(seed)
        return observations, self._infos(masks, infos)

    def step(self, actions):
        observations, rewards, terminated, truncated, masks, which, last, infos = self._client.step(actions)
        info = self._infos(masks, infos)
        if len(which) > 0:
            finals = np.full(self.num_envs, None, dtype=object)
            for index, observation in zip(which, last):
                finals[index] = observation
            info["final_obs"] = finals
            info["_final_obs"] = np.isin(np.arange(self.num_envs), which)
        return observations, rewards.astype(np.float64), terminated, truncated, info

    def _infos(self, masks, infos):
        info = {} if masks is None else {"action_mask": masks}
        if infos:
            info["infos"] = infos
        return info

    def close_extras(self, **kwargs):
        self._client.channel.close()
