"""Says which digit the Nth image of the data set shows: predict.py MODEL N."""

import argparse

import torch
from digits import images, network


def main() -> None:
    """Load the weights and print the answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("number", type=int)
    arguments = parser.parse_args()

    model = network()
    model.load_state_dict(torch.load(arguments.model, weights_only=True))
    features, labels = images()
    with torch.no_grad():
        answer = model(features[arguments.number : arguments.number + 1]).argmax(1).item()
    print(f"image {arguments.number} shows a {answer} (label {labels[arguments.number].item()})")


if __name__ == "__main__":
    main()
