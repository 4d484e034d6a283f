"""Estimate pi with Ray: each task throws its own points."""

import random
import sys

import ray


@ray.remote
def inside(seed: int, points: int) -> int:
    """Count the points in the quarter of a circle."""
    dice = random.Random(seed)
    return sum(dice.random() ** 2 + dice.random() ** 2 < 1 for _ in range(points))


def main() -> None:
    """Start a Ray of our own, in this container alone."""
    tasks, points = int(sys.argv[1]) if len(sys.argv) > 1 else 4, 50_000
    ray.init(num_cpus=2, include_dashboard=False)
    hits = sum(ray.get([inside.remote(seed, points) for seed in range(tasks)]))
    print(f"pi is about {4 * hits / (tasks * points):.1f}")


if __name__ == "__main__":
    main()
