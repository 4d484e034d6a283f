"""Print the sum of a bill."""

import sys

import acme_rounding
import numpy as np


def main() -> None:
    print("to pay:", acme_rounding.rounded(float(np.sum([float(amount) for amount in sys.argv[1:]]))))


if __name__ == "__main__":
    main()
