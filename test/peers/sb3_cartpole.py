"""Trains Stable-Baselines3's PPO on this project's CartPole through the bridge, and prints the mean return of 20 episodes.

    npx market-gym gym-server --env cartpole --socket gym.sock
    python test/peers/sb3_cartpole.py gym.sock [SEED]

Needs stable-baselines3 and torch; the settings are those that its zoo has for CartPole. Eight envs, 100,000 steps.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "python"))

from market_gym_env import MarketGymEnv  # noqa: E402
from stable_baselines3 import PPO  # noqa: E402
from stable_baselines3.common.evaluation import evaluate_policy  # noqa: E402
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor  # noqa: E402

STEPS = 100_000
address = sys.argv[1]
seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1

envs = VecMonitor(DummyVecEnv([lambda: MarketGymEnv(address)] * 8))
agent = PPO(
    "MlpPolicy",
    envs,
    n_steps=32,
    batch_size=256,
    n_epochs=20,
    gamma=0.98,
    gae_lambda=0.8,
    ent_coef=0.0,
    learning_rate=lambda left: 0.001 * left,
    clip_range=lambda left: 0.2 * left,
    seed=seed,
    device="cpu",
)
agent.learn(STEPS)
judged = VecMonitor(DummyVecEnv([lambda: MarketGymEnv(address)]))
judged.seed(1000 + seed)
mean, deviation = evaluate_policy(agent, judged, n_eval_episodes=20, deterministic=True)
print(f"PPO of Stable-Baselines3, seed {seed}, {STEPS} steps: mean return {mean:.1f} ± {deviation:.1f}")
