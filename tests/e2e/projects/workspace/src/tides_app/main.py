"""Print the highest tide of the day."""

from tides_core import height


def main() -> None:
    print(f"highest: {max(height(hour) for hour in range(24)):.2f} m")


if __name__ == "__main__":
    main()
