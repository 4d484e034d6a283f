"""Train a classifier on a table of measurements."""

import argparse
import json
from pathlib import Path

import joblib
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=Path("/data/animals.csv"))
    options.add_argument("--trees", type=int, default=50)
    options.add_argument("--save", type=Path, default=Path("model.joblib"))
    chosen = options.parse_args()
    table = pd.read_csv(chosen.data)
    known, unknown = train_test_split(table, test_size=0.25, random_state=0, stratify=table["animal"])
    features = ["length", "weight"]
    model = RandomForestClassifier(chosen.trees, n_jobs=2, random_state=0).fit(known[features], known["animal"])
    joblib.dump(model, chosen.save)
    print(json.dumps({"accuracy": model.score(unknown[features], unknown["animal"]), "trees": chosen.trees}))


if __name__ == "__main__":
    main()
