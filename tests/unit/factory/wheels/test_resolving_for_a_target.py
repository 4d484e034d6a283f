"""pip's real resolver on a real index of our own: small wheels in a directory."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from nautiloid.factory.wheels.fitness import check_fitness, needs
from nautiloid.factory.wheels.resolver import ConflictError, ResolutionError, ResolvedWheel, resolve
from nautiloid.factory.wheels.target import Target

BOOKWORM = Target("3.11", "amd64", "bookworm", "3.11.2")
ARM = Target("3.11", "arm64", "bookworm", "3.11.2")
TRIXIE = Target("3.13", "amd64", "trixie")

MakeWheel = Callable[..., str]


@pytest.fixture
def make_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeWheel:
    """Put a wheel into the only index that pip knows."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    def make(name: str, version: str, *requires_dist: str, tag: str = "py3-none-any") -> str:
        filename = f"{name}-{version}-{tag}.whl"
        info = f"{name}-{version}.dist-info"
        needs = "".join(f"Requires-Dist: {line}\n" for line in requires_dist)
        files = {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
        }
        record = ""
        with zipfile.ZipFile(tmp_path / filename, "w") as archive:
            for path, text in files.items():
                archive.writestr(path, text)
                digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
                record += f"{path},sha256={digest},{len(text)}\n"
            archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
        return filename

    return make


def _names(wheels: tuple[ResolvedWheel, ...]) -> list[str]:
    return [wheel.name for wheel in wheels]


def test_markers_are_those_of_the_image_not_of_this_machine(make_wheel: MakeWheel) -> None:
    for name in ("intel", "arm", "newest", "patched", "windows"):
        make_wheel(name, "1.0")
    make_wheel(
        "app", "1.0",
        'intel; platform_machine == "x86_64"',
        'arm; platform_machine == "aarch64"',
        'newest; python_version >= "3.13"',
        'patched; python_full_version < "3.11.3"',
        'windows; sys_platform == "win32"',
    )  # fmt: skip
    assert _names(resolve(["app"], BOOKWORM, {})) == ["app", "intel", "patched"]
    assert _names(resolve(["app"], ARM, {})) == ["app", "arm", "patched"]
    assert _names(resolve(["app"], TRIXIE, {})) == ["app", "intel", "newest"]
    for target in (BOOKWORM, ARM, TRIXIE):
        check_fitness(resolve(["app"], target, {}), target)


def test_files_are_chosen_for_the_images_c_library(make_wheel: MakeWheel) -> None:
    make_wheel("native", "1.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    make_wheel("native", "2.0", tag="cp311-cp311-manylinux_2_39_x86_64")
    assert [wheel.version for wheel in resolve(["native"], BOOKWORM, {})] == ["1.0"]
    newer = Target("3.11", "amd64", "trixie")
    assert [wheel.version for wheel in resolve(["native"], newer, {})] == ["2.0"]


@pytest.mark.parametrize(
    ("tag", "hint"),
    [
        ("cp311-cp311-manylinux_2_39_x86_64", "trixie, whose C library is newer"),
        ("cp313-cp313-manylinux_2_28_x86_64", "extends: python-trixie"),
        ("cp39-cp39-manylinux_2_28_x86_64", "There are wheels of native for Python 3.9, which no image has"),
        ("cp311-cp311-win_amd64", "No wheel of native was found for other images either"),
    ],
)
def test_a_package_that_is_not_offered_comes_with_what_to_do(make_wheel: MakeWheel, tag: str, hint: str) -> None:
    make_wheel("native", "1.0", tag=tag)
    with pytest.raises(ResolutionError, match=r"there is no native for Python 3\.11 on x86_64") as caught:
        resolve(["native"], BOOKWORM, {})
    assert hint in caught.value.hint


def test_what_excludes_what_is_said(make_wheel: MakeWheel) -> None:
    make_wheel("torch", "2.13.0")
    make_wheel("torch", "2.5.0")
    make_wheel("old", "1.0", "torch<2.6")
    with pytest.raises(ConflictError) as caught:
        resolve(["torch==2.13.0", "old"], BOOKWORM, {})
    assert "old 1.0 needs torch<2.6" in caught.value.message
    assert "torch==2.13.0" in caught.value.message
    assert "spelling" not in caught.value.hint
    assert [wheel.version for wheel in resolve(["torch<2.6", "old"], BOOKWORM, {})] == ["1.0", "2.5.0"]


def test_what_the_definition_forbids_is_named_with_its_reason(make_wheel: MakeWheel) -> None:
    make_wheel("nvidia_cublas", "1.0")
    make_wheel("torch", "1.0", "nvidia-cublas")
    with pytest.raises(ResolutionError, match=r"nvidia-cublas.*for CPUs"):
        resolve(["torch"], BOOKWORM, {"nvidia-*": "this image is for CPUs"})


def _wheel(name: str, version: str, *needs: str, filename: str = "") -> ResolvedWheel:
    return ResolvedWheel(name, version, filename or f"{name}-{version}-py3-none-any.whl", "0" * 64, needs)


def test_a_neighbour_of_another_build_is_an_error() -> None:
    torch = _wheel("torch", "2.13.0+cpu")
    with pytest.raises(ResolutionError, match=r"torchvision 0.28.0 needs torch==2.13.0\+cu130, but 2.13.0\+cpu"):
        check_fitness([torch, _wheel("torchvision", "0.28.0", "torch==2.13.0+cu130")], BOOKWORM)
    check_fitness([torch, _wheel("torchvision", "0.28.0", "torch (==2.13.0)")], BOOKWORM)


def test_all_faults_are_named_at_once() -> None:
    wheels = [
        _wheel("a", "1", "absent>=2"),
        _wheel("b", "1", filename="b-1-cp312-cp312-manylinux_2_28_x86_64.whl"),
        _wheel("c", "1", filename="c-1-cp311-abi3-manylinux_2_39_x86_64.whl"),
    ]
    with pytest.raises(ResolutionError) as caught:
        check_fitness(wheels, BOOKWORM)
    assert "a 1 needs absent>=2, which was not chosen" in caught.value.message
    assert "b-1-cp312-cp312-manylinux_2_28_x86_64.whl is not for Python 3.11 on x86_64" in caught.value.message
    assert "needs glibc 2.39; Debian bookworm has 2.36" in caught.value.message


def test_extras_count_where_somebody_asks_for_them() -> None:
    toolkit = _wheel("toolkit", "1", "runtime; extra == 'run'", "tester; extra == 'test'", "not a requirement (((")
    app = _wheel("app", "1", "toolkit[run]")
    others = [_wheel("runtime", "1"), _wheel("tester", "1")]

    def names(*requirements: str) -> dict[str, list[str]]:
        found = needs([toolkit, app, *others], BOOKWORM, requirements)
        return {name: [requirement.name for requirement in wanted] for name, wanted in found.items()}

    assert names() == {"toolkit": ["runtime"], "app": ["toolkit"], "runtime": [], "tester": []}
    assert names("toolkit[test]")["toolkit"] == ["runtime", "tester"]
    with pytest.raises(ResolutionError, match="toolkit 1 needs runtime, which was not chosen"):
        check_fitness([toolkit, app], BOOKWORM)
