"""``python -m octopus_detector``."""

from __future__ import annotations

import sys

from octopus_detector.cli import main

sys.exit(main())
