"""One side of `market-gym bench --against lightgbm|xgboost`: trains boosted trees, and prints the median seconds of three rounds.

Called with the task as JSON: the library, rows and columns, a file of Float32 rows and one of labels, rounds of boosting, threads, and
what is timed: train, with the making of bins, or predict.
"""

import json
import statistics
import sys
import time

task = json.loads(sys.argv[1])
try:
    import numpy

    library = __import__(task["library"])
except ImportError as error:
    print(json.dumps({"missing": f"{error.name}: pip install {task['library']}"}))
    sys.exit(0)

rows = numpy.fromfile(task["rows"], dtype="<f4").reshape(task["numRows"], task["numColumns"])
labels = numpy.fromfile(task["labels"], dtype="<f4")


def train():
    if task["library"] == "xgboost":
        settings = {"objective": "binary:logistic", "max_depth": 6, "max_bin": 256, "tree_method": "hist"}
        settings["nthread"] = task["threads"]
        return library.train(settings, library.DMatrix(rows, labels), task["numRounds"])
    settings = {"objective": "binary", "max_depth": 6, "num_leaves": 64, "max_bin": 255, "learning_rate": 0.3}
    settings |= {"min_sum_hessian_in_leaf": 1, "min_data_in_leaf": 1, "num_threads": task["threads"], "verbose": -1}
    return library.train(settings, library.Dataset(rows, labels), task["numRounds"])


def predict(model):
    if task["library"] == "xgboost":
        return model.predict(library.DMatrix(rows))
    return model.predict(rows, num_threads=task["threads"])


model = train() if task["what"] == "predict" else None
seconds = []
for _ in range(3):
    begin = time.perf_counter()
    train() if model is None else predict(model)
    seconds.append(time.perf_counter() - begin)
print(json.dumps({"value": statistics.median(seconds), "version": f"{task['library']} {library.__version__}"}))
