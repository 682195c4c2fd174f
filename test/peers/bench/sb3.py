"""One side of `market-gym bench --against sb3`: trains with Stable-Baselines3 and prints env steps a second of learning.

Called with the task as JSON: algorithm, env, number of envs, settings by Stable-Baselines3's names, steps before the clock starts and
steps that are timed. A thread for each core that the process may use, or as torch finds right.
"""

import json
import os
import sys
import time

try:
    import stable_baselines3
    import torch
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.env_util import make_vec_env
except ImportError as error:
    print(json.dumps({"missing": f"{error.name}: pip install stable-baselines3"}))
    sys.exit(0)

task = json.loads(sys.argv[1])
torch.set_num_threads(len(os.sched_getaffinity(0)))


class Clock(BaseCallback):
    def _on_step(self):
        steps = self.num_timesteps
        if not hasattr(self, "begin") and steps >= task["from"]:
            self.first, self.begin = steps, time.perf_counter()
        elif hasattr(self, "begin") and steps >= self.first + task["steps"]:
            self.rate = (steps - self.first) / (time.perf_counter() - self.begin)
            return False
        return True


settings = dict(task["settings"])
hidden = settings.pop("hidden", None)
if hidden is not None:
    settings["policy_kwargs"] = {"net_arch": hidden}
envs = make_vec_env(task["env"], n_envs=task["envs"], seed=1)
model = getattr(stable_baselines3, task["algorithm"])("MlpPolicy", envs, seed=1, device="cpu", **settings)
clock = Clock()
model.learn(10_000_000, callback=clock)
versions = f"Stable-Baselines3 {stable_baselines3.__version__}, PyTorch {torch.__version__}"
print(json.dumps({"value": clock.rate, "version": versions}))
