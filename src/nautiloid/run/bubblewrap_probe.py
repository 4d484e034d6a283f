"""Whether bubblewrap works here: in a container, under AppArmor or for a user without namespaces it may not."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from nautiloid.programs import announced
from nautiloid.run.bubblewrap_command import isolated
from nautiloid.run.engine import Availability
from nautiloid.run.profile import User
from nautiloid.run.staging import Staging

_APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_NEEDED = (("bwrap", "bubblewrap"), ("prlimit", "util-linux"), ("setpriv", "util-linux"))
_SECONDS = 20


def probe() -> Availability:
    """Start a program in the namespaces that a run needs."""
    for program, package in _NEEDED:
        if shutil.which(program) is None:
            return Availability(False, f"{program} is not installed", f"apt-get install {package}")
    user = User.default()
    # setpriv is there, as a run needs it; a container without a shell has no `true`.
    inner = [*isolated(user), "--cap-drop", "ALL", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
    inner += ["setpriv", "--version"]
    try:
        answer = subprocess.run(
            announced(Staging(user).wrap(inner)), capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        return Availability(False, "bwrap does not finish")
    if answer.returncode == 0:
        return Availability(True)
    return Availability(False, f"bwrap does not work: {answer.stderr.strip()}", _remedy())


def _remedy() -> str:
    if _APPARMOR.exists() and _APPARMOR.read_text().strip() == "1":
        return (
            "AppArmor keeps users from making namespaces here: allow it with "
            "`sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, or install Docker"
        )
    return "allow unprivileged user namespaces (sysctl user.max_user_namespaces), or install Docker"
