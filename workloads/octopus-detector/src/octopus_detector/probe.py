"""The linear probe: a frozen ImageNet network sees the photos once, and logistic regression learns the classes.

Features are standardised, so that one strength of L2 regularisation suits all of them, and the objective is convex:
L-BFGS finds its one optimum in a moment, with no learning rate to choose. Standardisation and regression are both
linear, so they are folded into the network's own last layer: what comes out is an ordinary network.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from octopus_detector.backbone import features, linear_head
from octopus_detector.photos import Photos
from octopus_detector.preprocessing import Preprocessing
from octopus_detector.reporting import Reporter

BATCH = 32


@dataclass(frozen=True)
class ProbeSettings:
    """What a probe can be told.

    Attributes:
        l2: Strength of the L2 penalty on the weights (not on the biases), on standardised features.
        iterations: L-BFGS steps at most; it stops by itself when the optimum is reached.
    """

    l2: float = 1e-3
    iterations: int = 200


def fit(
    network: nn.Module,
    photos: Photos,
    preprocessing: Preprocessing,
    *,
    classes: int,
    settings: ProbeSettings,
    device: torch.device,
    reporter: Reporter,
) -> float:
    """Train the head of ``network`` in place.

    Returns:
        The value of the objective at the optimum.

    Raises:
        UsageError: The network has no linear head.
    """
    head = linear_head(network)
    found, labels = extract(network, photos, preprocessing, device=device, reporter=reporter)
    mean, scale = found.mean(dim=0), found.std(dim=0, correction=0)
    scale = torch.where(scale > 1e-6, scale, torch.ones_like(scale))  # a feature that never varies says nothing
    weight, bias, objective = logistic_regression((found - mean) / scale, labels, classes, settings)
    folded = weight / scale
    with torch.no_grad():
        head.weight.copy_(folded)
        if head.bias is None:
            head.bias = nn.Parameter(torch.zeros(classes, device=device))
        head.bias.copy_(bias - folded @ mean)
    return objective


@torch.no_grad()  # not inference_mode: what comes out takes part in the regression
def extract(
    network: nn.Module,
    photos: Photos,
    preprocessing: Preprocessing,
    *,
    device: torch.device,
    reporter: Reporter,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Show each photo to the network once.

    Returns:
        Features, float64 of shape (N, features), and labels of shape (N,).
    """
    network.eval()
    found, labels, seen = [], [], 0
    for batch in photos.batches(preprocessing, BATCH):
        found.append(features(network, preprocessing.normalise(batch.pixels.to(device))).double().cpu())
        labels.append(batch.labels)
        seen += len(batch.labels)
        reporter.count("features", seen, len(photos.samples))
    return torch.cat(found), torch.cat(labels)


def logistic_regression(
    inputs: torch.Tensor, labels: torch.Tensor, classes: int, settings: ProbeSettings
) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Fit multinomial logistic regression with an L2 penalty by L-BFGS.

    Returns:
        Weights of shape (classes, features), biases of shape (classes,), and the value of the objective.
    """
    weight = torch.zeros(classes, inputs.shape[1], dtype=inputs.dtype, requires_grad=True)
    bias = torch.zeros(classes, dtype=inputs.dtype, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=settings.iterations, tolerance_grad=1e-7, line_search_fn="strong_wolfe"
    )

    def objective() -> torch.Tensor:
        optimizer.zero_grad()
        scores = inputs @ weight.T + bias
        loss = nn.functional.cross_entropy(scores, labels) + settings.l2 / 2 * weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(objective)
    with torch.no_grad():
        reached = nn.functional.cross_entropy(inputs @ weight.T + bias, labels)
        reached = reached + settings.l2 / 2 * weight.square().sum()
    return weight.detach(), bias.detach(), float(reached)
