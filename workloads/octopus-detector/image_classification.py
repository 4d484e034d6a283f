"""The lab's script: without arguments it trains, with an image it prints what is on it.

    python image_classification.py                # trains, writes octopus_whale_penguin_model.pt beside this script
    python image_classification.py octopus.jpg    # prints: octopus

It needs the package octopus_detector, which the image nautiloid/octopus-detector holds.
"""

import sys
from pathlib import Path

from octopus_detector.lab_script import run

if __name__ == "__main__":
    sys.exit(run(Path(__file__).resolve(), sys.argv[1:]))
