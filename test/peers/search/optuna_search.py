"""Runs Optuna's multivariate TPE and random sampler on the functions of functions.ts; prints the best of each seed as JSON."""
import json
import math
import sys
import warnings

import optuna

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)

A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
P = [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991], [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]]
ALPHA = [1, 1.2, 3, 3.2]


def branin(trial):
    x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
    square = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return -(square**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


def hartmann6(trial):
    values = [trial.suggest_float(name, 0, 1) for name in "abcdef"]
    return sum(ALPHA[i] * math.exp(-sum(A[i][j] * (values[j] - P[i][j] / 1e4) ** 2 for j in range(6))) for i in range(4))


def conditional(trial):
    kind = trial.suggest_categorical("kind", ["linear", "tree", "net"])
    if kind == "linear":
        return 0.6 - 0.05 * (math.log10(trial.suggest_float("rate", 1e-5, 1, log=True)) + 2) ** 2
    if kind == "tree":
        return 0.8 - 0.01 * (trial.suggest_int("depth", 1, 12) - 6) ** 2
    rate, units = trial.suggest_float("rate", 1e-5, 1, log=True), trial.suggest_int("units", 4, 512, log=True)
    return 1 - 0.1 * (math.log10(rate) + 3.5) ** 2 - 0.05 * (math.log2(units) - 7) ** 2


numbers = {name: int(count) for name, count in (pair.split("=") for pair in sys.argv[2:])}
best = {}
for name, function in (("branin", branin), ("hartmann6", hartmann6), ("conditional", conditional)):
    for kind in ("tpe", "random"):
        best[f"{name} {kind}"] = []
        for seed in range(int(sys.argv[1])):
            sampler = optuna.samplers.RandomSampler(seed=seed) if kind == "random" else optuna.samplers.TPESampler(
                seed=seed, multivariate=True, group=name == "conditional")
            study = optuna.create_study(direction="maximize", sampler=sampler)
            study.optimize(function, n_trials=numbers[name])
            best[f"{name} {kind}"].append(study.best_value)
print(json.dumps({"version": optuna.__version__, "best": best}))
