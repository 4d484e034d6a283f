"""A linear model that answers over HTTP."""

import json
import os
from pathlib import Path

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
model = json.loads(Path(os.environ["MODEL"]).read_text())


class Features(BaseModel):
    values: list[float]


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/predict")
def predict(features: Features) -> dict[str, float]:
    return {"score": float(np.dot(model["weights"], features.values) + model["bias"])}
