"""pip's way to a source distribution, and not a step further.

``pip download`` asks a source distribution what it depends on, and so runs its ``setup.py`` on this machine. This
command chooses the file as pip does (index, credentials, versions, Requires-Python) and saves it, unopened.

Source: pip's modules ``commands.download`` and ``index.package_finder``, which are no public interface.
"""

from __future__ import annotations

import shutil
from optparse import Values
from pathlib import Path

from pip._internal.cli.cmdoptions import make_target_python
from pip._internal.commands.download import DownloadCommand
from pip._internal.exceptions import DistributionNotFound
from pip._internal.network.download import Downloader
from pip._vendor.packaging.requirements import Requirement


class SourceCommand(DownloadCommand):
    """``source --dest DIR REQUIREMENT``: save the best source distribution."""

    def run(self, options: Values, args: list[str]) -> int:
        """Save it; raises pip's own errors, which its ``main`` turns into messages."""
        wanted = Requirement(args[0])
        session = self.get_default_session(options)
        finder = self._build_package_finder(
            options=options, session=session, target_python=make_target_python(options), ignore_requires_python=False
        )
        best = finder.find_best_candidate(wanted.name, wanted.specifier).best_candidate
        if best is None:
            raise DistributionNotFound(f"No source distribution of {wanted} found")
        link, place = best.link, Path(options.download_dir)
        if link.is_file:
            brought = Path(shutil.copy(link.file_path, place))
        else:
            brought = Path(Downloader(session, "off")(link, str(place))[0])
        if hashes := link.as_hashes():
            hashes.check_against_path(str(brought))
        brought.rename(place / link.filename)
        return 0


def download(arguments: list[str]) -> int:
    """Run the command, and return its exit code."""
    return SourceCommand("source", "Save a source distribution.").main(["--no-binary", ":all:", *arguments])
