"""Until when a distribution's release gets advisories: after that, finding nothing proves nothing.

Sources: wiki.debian.org/DebianReleases and LTS, ubuntu.com/about/release-cycle, alpinelinux.org/releases,
wiki.almalinux.org/release-notes, wiki.rockylinux.org, access.redhat.com/support/policy/updates/errata. Days are the
last ones of public security support, long-term support by volunteers included, paid support not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

_ENDS: Mapping[tuple[str, str], date] = {
    ("Debian", "8"): date(2020, 6, 30),
    ("Debian", "9"): date(2022, 6, 30),
    ("Debian", "10"): date(2024, 6, 30),
    ("Debian", "11"): date(2026, 8, 31),
    ("Debian", "12"): date(2028, 6, 30),
    ("Debian", "13"): date(2030, 6, 30),
    ("Ubuntu", "14.04"): date(2019, 4, 30),
    ("Ubuntu", "16.04"): date(2021, 4, 30),
    ("Ubuntu", "18.04"): date(2023, 5, 31),
    ("Ubuntu", "20.04"): date(2025, 5, 31),
    ("Ubuntu", "22.04"): date(2027, 4, 30),
    ("Ubuntu", "24.04"): date(2029, 4, 30),
    ("Alpine", "3.15"): date(2023, 11, 1),
    ("Alpine", "3.16"): date(2024, 5, 23),
    ("Alpine", "3.17"): date(2024, 11, 22),
    ("Alpine", "3.18"): date(2025, 5, 9),
    ("Alpine", "3.19"): date(2025, 11, 1),
    ("Alpine", "3.20"): date(2026, 4, 1),
    ("Alpine", "3.21"): date(2026, 11, 1),
    ("Alpine", "3.22"): date(2027, 5, 1),
    ("AlmaLinux", "8"): date(2029, 3, 1),
    ("AlmaLinux", "9"): date(2032, 5, 31),
    ("Rocky Linux", "8"): date(2029, 5, 31),
    ("Rocky Linux", "9"): date(2032, 5, 31),
    ("Red Hat", "7"): date(2024, 6, 30),
    ("Red Hat", "8"): date(2029, 5, 31),
    ("Red Hat", "9"): date(2032, 5, 31),
}
_OLDER = {"Debian": 8.0, "Ubuntu": 14.04, "Alpine": 3.15, "Red Hat": 7.0}


def end_of_life(ecosystem: str, release: str, today: date | None = None) -> str:
    """Return the day on which a release's support ended (ISO 8601), ``long ago``, or empty while it lasts.

    A release that is not in the table is taken for a living one, unless it is older than all that are.
    """
    day = today or datetime.now(UTC).date()
    ended = _ENDS.get((ecosystem, release))
    if ended is not None:
        return ended.isoformat() if day > ended else ""
    try:
        number = (
            float(release.replace("3.", "3.0", 1)) if ecosystem == "Alpine" and len(release) == 3 else float(release)
        )
    except ValueError:
        return ""
    return "long ago" if number < _OLDER.get(ecosystem, 0.0) else ""
