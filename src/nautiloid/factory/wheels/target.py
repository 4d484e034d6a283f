"""What wheels must run on: a Python, a processor and a C library."""

from __future__ import annotations

from dataclasses import dataclass

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}

# glibc of each suite: the newest manylinux tag that an image of it can run (PEP 600).
_GLIBC_MINOR = {
    "bullseye": 31, "bookworm": 36, "trixie": 41, "forky": 42, "sid": 42, "focal": 31, "jammy": 35, "noble": 39,
}  # fmt: skip
_OLDEST_GLIBC_MINOR = 5


@dataclass(frozen=True)
class Target:
    """What the wheels must run on.

    Attributes:
        python: ``major.minor`` of the interpreter, such as ``3.11``.
        architecture: Debian's name of the processor.
        suite: Debian's (or Ubuntu's) release, which decides the C library.
        patch: The interpreter's whole version, such as ``3.11.2``, where it is known.
    """

    python: str
    architecture: str
    suite: str
    patch: str = ""

    @property
    def machine(self) -> str:
        """The kernel's name of the processor."""
        return _MACHINES[self.architecture]

    @property
    def full_version(self) -> str:
        """The interpreter's version in three numbers."""
        return self.patch or f"{self.python}.0"

    @property
    def glibc(self) -> tuple[int, int]:
        """The C library's version, as (major, minor)."""
        return 2, _GLIBC_MINOR.get(self.suite, 28)

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platform tags that the image can load, newest C library first."""
        legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
        tags = []
        for minor in range(self.glibc[1], _OLDEST_GLIBC_MINOR - 1, -1):
            tags.append(f"manylinux_2_{minor}_{self.machine}")
            if minor in legacy:
                tags.append(f"{legacy[minor]}_{self.machine}")
        return (*tags, f"linux_{self.machine}")

    def pip_options(self) -> list[str]:
        """Return the options that make pip choose files for this target instead of for the host."""
        tag = f"cp{self.python.replace('.', '')}"
        options = ["--only-binary", ":all:", "--python-version", self.full_version, "--implementation", "cp"]
        for abi in (tag, "abi3", "none"):
            options += ["--abi", abi]
        for platform in self.platforms:
            options += ["--platform", platform]
        return options

    def marker_environment(self) -> dict[str, str]:
        """Return what environment markers (PEP 508) evaluate to in the image."""
        return {
            "implementation_name": "cpython",
            "implementation_version": self.full_version,
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": self.full_version,
            "python_version": self.python,
            "sys_platform": "linux",
        }
