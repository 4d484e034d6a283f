"""Print a table of tides."""

import os

import numpy as np
import pandas as pd
from tabulate import tabulate


def main() -> None:
    hours = np.arange(0, 24, 6)
    table = pd.DataFrame({"hour": hours, "height": np.round(2 * np.sin(hours), 2)})
    print(tabulate(table, headers="keys", showindex=False), os.environ["TIDES_UNIT"])


if __name__ == "__main__":
    main()
