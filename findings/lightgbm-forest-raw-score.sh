#!/usr/bin/env bash
# Library: LightGBM 4.7.0 (PyPI), boosting "rf" (a random forest), regression.
# One would guess: for a regression with the identity link the raw score is the prediction, as it is for boosting "gbdt" with
#   the same data; so whoever reads the trees of a saved model may compare with either.
# What happens: predict() gives the mean over the trees, predict(raw_score=True) their sum: 20 times as much for 20 trees.
#   The text file of the model says `average_output` on a line of its own, without a value.
# Seen (Python 3.11):
#   gbdt: raw / prediction = 1.000000
#   rf: raw / prediction = 20.000000
#   rf: average_output on a line of its own: True
# Fails when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --disable-pip-version-check --target packages lightgbm==4.7.0 2> /dev/null
cat > try.py <<'PY'
import lightgbm
import numpy

rng = numpy.random.default_rng(1)
rows = rng.normal(size=(400, 3))
target = 2 * rows[:, 0] + 5
for boosting in ("gbdt", "rf"):
    settings = {
        "boosting": boosting, "bagging_freq": 1, "bagging_fraction": 0.7, "num_leaves": 8,
        "verbose": -1, "deterministic": True, "num_threads": 1, "seed": 1,
    }
    model = lightgbm.train(settings, lightgbm.Dataset(rows, target), 20)
    ratio = (model.predict(rows, raw_score=True) / model.predict(rows)).mean()
    print(f"{boosting}: raw / prediction = {ratio:.6f}")
print("rf: average_output on a line of its own:", "average_output" in model.model_to_string().split("\n"))
PY
output=$(PYTHONPATH=packages python3 try.py)
printf '%s\n' "$output"
[ "$output" = 'gbdt: raw / prediction = 1.000000
rf: raw / prediction = 20.000000
rf: average_output on a line of its own: True' ] || { echo 'This has changed.' >&2; exit 1; }
