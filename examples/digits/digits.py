"""The data set and the network that training and prediction share."""

import torch
from sklearn.datasets import load_digits
from torch import nn

TRAINING = 1500  # of 1,797 images; the rest is for validation


def images() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the 8 x 8 images of handwritten digits, scaled to 0..1, and their labels."""
    data = load_digits()
    return torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(data.target)


def network() -> nn.Module:
    """Return a small convolutional network for ten classes."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 4 * 4, 10),
    )
