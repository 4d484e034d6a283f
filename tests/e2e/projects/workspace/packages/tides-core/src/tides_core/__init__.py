"""How high the water stands."""

import math


def height(hour: float) -> float:
    """Return the height in metres at an hour of the day."""
    return 2 * math.sin(math.pi * hour / 12)
