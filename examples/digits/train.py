"""Trains the digit classifier and writes its weights into the current directory."""

import argparse

import torch
from digits import TRAINING, images, network
from torch import nn


def main() -> None:
    """Train, say how well it went, and save the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=15)
    arguments = parser.parse_args()

    torch.manual_seed(0)
    features, labels = images()
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    for _ in range(arguments.epochs):
        for batch in torch.randperm(TRAINING).split(50):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(features[batch]), labels[batch]).backward()
            optimizer.step()
    with torch.no_grad():
        right = (model(features[TRAINING:]).argmax(1) == labels[TRAINING:]).float().mean().item()
    torch.save(model.state_dict(), "digits.pt")
    print(f"validation accuracy {right:.3f}")


if __name__ == "__main__":
    main()
