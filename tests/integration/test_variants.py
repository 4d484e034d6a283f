"""The catalog's other images: Debian 13, development variants, nothing but data."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from nautiloid import places
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.run.profile import HardenedProfile, Mount, User
from nautiloid.run.startable import ProgramError
from nautiloid.run.supervise import CompletedRun
from nautiloid.selftest.runner import run_selftest

from ..conftest import Built

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed"),
]


def _run(image: Built, *args: str, mounts: tuple[Mount, ...] = (), user: int = 65532) -> CompletedRun:
    engine = BubblewrapEngine(image.layout, places.cache_directory())
    ready = engine.make_ready(image.result.reference, image.layout)
    return engine.run_captured(HardenedProfile(ready.name, args, mounts=mounts, user=User(user, user)), timeout=120)


def test_debian_13_brings_python_3_13(built: Callable[[str], Built]) -> None:
    done = _run(
        built("python-trixie"),
        "-c", "import sys, ssl, sqlite3, ctypes, zoneinfo; print(sys.version_info[:2], "
        "len(ssl.create_default_context().get_ca_certs()) > 100, zoneinfo.ZoneInfo('Europe/Berlin'))",
    )  # fmt: skip
    assert done.stdout.strip() == "(3, 13) True Europe/Berlin", done.stderr


@pytest.mark.parametrize("name", ["fastapi", "sklearn", "transformers"])
def test_what_others_start_from_does_what_it_is_for(built: Callable[[str], Built], name: str) -> None:
    image = built(name)
    engine = BubblewrapEngine(image.layout, places.cache_directory())
    report = run_selftest(image.result.reference, image.layout, engine)
    assert report.failures == ()
    steps = {step.name for step in image.lock.definition.test.steps}
    assert steps <= {outcome.name for outcome in report.outcomes}


def test_onnxruntime_computes(built: Callable[[str], Built], tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    ints = onnx.TensorProto.INT64
    tensors = {name: onnx.helper.make_tensor_value_info(name, ints, [2]) for name in "abc"}
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Add", ["a", "b"], ["c"])], "sum", [tensors["a"], tensors["b"]], [tensors["c"]]
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    tmp_path.chmod(0o755)
    onnx.save(model, tmp_path / "sum.onnx")
    done = _run(
        built("onnxruntime"),
        "-c", "import numpy, onnxruntime; session = onnxruntime.InferenceSession('/models/sum.onnx'); "
        "print(session.run(None, {'a': numpy.array([1, 2]), 'b': numpy.array([3, 4])})[0])",
        mounts=(Mount(tmp_path, PurePosixPath("/models")),),
    )  # fmt: skip
    assert done.stdout.strip() == "[4 6]", done.stderr


def test_a_development_image_has_a_database_that_dpkg_and_apt_accept(built: Callable[[str], Built]) -> None:
    image = built("python-dev")
    script = "set -e; dpkg --audit; apt-get check -qq; dpkg -S /usr/bin/apt-get; pip --version; ls $(python3 -c "
    script += "'import sysconfig; print(sysconfig.get_paths()[\"include\"])')/Python.h; awk 'BEGIN { print 6 * 7 }'"
    done = _run(image, "-c", script)
    assert done.exit_code == 0, done.stdout + done.stderr
    owner, pip, header, answer = done.stdout.splitlines()
    assert owner == "apt: /usr/bin/apt-get"
    assert pip.startswith("pip ")
    assert header == "/usr/include/python3.11/Python.h"
    assert answer == "42"
    verified = _run(image, "-c", "dpkg -V | grep -v '/usr/share/'", user=0)
    assert verified.stdout == "", "files differ from what their packages say"


def test_nothing_in_the_static_image_can_be_started(built: Callable[[str], Built], probe_program: Path) -> None:
    image = built("static")
    assert (image.result.debs, image.result.distributions) == (5, 0)
    program = Mount(probe_program, PurePosixPath("/app/probe"))
    assert _run(image, "/app/probe", "id", mounts=(program,)).exit_code == 0
    with pytest.raises(ProgramError, match="no program /bin/sh"):
        _run(image, "/bin/sh", "-c", "true")
