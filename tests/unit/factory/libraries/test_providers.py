from __future__ import annotations

import pytest

from nautiloid.factory.libraries.providers import conventional_names


@pytest.mark.parametrize(
    ("soname", "package"),
    [
        ("libstdc++.so.6", "libstdc++6"),
        ("libgcc_s.so.1", "libgcc-s1"),
        ("libGL.so.1", "libgl1"),
        ("libX11.so.6", "libx11-6"),
        ("libpango-1.0.so.0", "libpango-1.0-0"),
        ("libbfd-2.40.so", "libbfd-2.40"),
        ("libssl.so.3", "libssl3"),
    ],
)
def test_a_package_is_named_after_its_library(soname: str, package: str) -> None:
    assert conventional_names(soname) == (package, f"{package}t64")


@pytest.mark.parametrize("soname", ["libc10.so", "_C.so", "", ".so.1/../x", "lib.txt"])
def test_a_name_without_a_version_names_no_package(soname: str) -> None:
    assert conventional_names(soname) == ()
