"""The program that tries an app from within, run as it runs there: by an interpreter of its own, from its text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.selftest import inside_app
from nautiloid.selftest.inside_app import LAST, modules_of

GUARD = "if __name__ == '__main__':\n    raise SystemExit('started')\n"


def _try(root: Path, files: dict[str, str], **order: Any) -> dict[str, Any]:
    """Lay down an app and let the program look at it, as from the directory where the app starts."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    plan = {
        "requirements": [], "modules": [str(root / name) for name in files], "program": [], "skip": [],
        "seconds": 5, "all_seconds": 60,
    }  # fmt: skip
    written = root.parent / f"{root.name}.json"
    written.write_text(json.dumps(plan | order))
    code = Path(inside_app.__file__).read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", code, str(written)], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    answer: dict[str, Any] = json.loads(done.stdout.removeprefix(LAST))
    return answer


def _details(answer: dict[str, Any]) -> dict[str, str]:
    return {outcome["name"]: outcome["detail"] for outcome in answer["outcomes"]}


def test_every_module_is_imported_and_every_fault_is_named(tmp_path: Path) -> None:
    answer = _try(
        tmp_path / "app",
        {
            "main.py": "from pkg import good\nprint('noise')\n" + GUARD,
            "pkg/__init__.py": "",
            "pkg/good.py": "",
            "pkg/needs.py": "import no_such_module\n",
            "pkg/dies.py": "import os\nos._exit(3)\n",
            "pkg/crashes.py": "import ctypes\nctypes.string_at(0)\n",
            "pkg/leaves.py": "raise SystemExit(2)\n",
            "pkg/wrong.py": "def (\n",
            "pkg/last.py": "def later():\n    import pkg.dies, pkg.crashes\n",
            "tests/test_main.py": "import no_such_module\n",
            "setup.py": "import no_such_module\n",
        },
        program=["python3", "-c", "import main"],
    )
    details = _details(answer)
    assert {name for name, detail in details.items() if not detail} == {"main", "pkg", "pkg.good", "pkg.last"}
    assert "No module named 'no_such_module'" in details["pkg.needs"]
    assert details["pkg.dies"].endswith("exit code 3")
    assert details["pkg.crashes"].endswith("SIGSEGV")
    assert "SystemExit: 2" in details["pkg.leaves"]
    assert "not Python that can be read" in next(detail for name, detail in details.items() if "wrong.py" in name)


def test_an_import_that_starts_a_program_is_ended_and_the_rest_goes_on(tmp_path: Path) -> None:
    answer = _try(
        tmp_path / "app",
        {"a.py": "import b\n", "b.py": "import time\ntime.sleep(600)\n", "c.py": ""},
        seconds=0.5,
    )
    details = _details(answer)
    assert "had not ended" in details["b"]
    assert "test.skip" in details["b"]
    assert details["c"] == ""


def test_a_program_without_a_main_part_is_not_run_and_that_is_said(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    work = f"open({str(witness)!r}, 'w').close()\n"
    answer = _try(
        tmp_path / "app",
        {
            "bin/train.py": f"import json\nimport helper\n{work}",
            "bin/helper.py": "",
            "broken.py": f"import no_such_module\n{work}",
            "guarded.py": f"import json\nif __name__ == '__main__':\n    {work}",
        },
    )
    details = _details(answer)
    assert not witness.exists()
    assert details["guarded"] == ""
    assert [details[f"the imports of {tmp_path}/app/{name}.py"] for name in ("bin/train",)] == [""]
    assert "no_such_module" in details[f"the imports of {tmp_path}/app/broken.py"]
    assert answer["programs"] == [f"{tmp_path}/app/bin/train.py", f"{tmp_path}/app/broken.py"]


@pytest.mark.parametrize(
    ("program", "files"),
    [
        (["python3", "-m", "uvicorn", "web.main:app"], {"web/main.py": "do()\n"}),
        (["python3", "-c", "import sys; from web.main import go; go()"], {"web/main.py": "do()\n"}),
        (["python3", "-m", "x"], {"web/main.py": "do()\n", "web/other.py": "from . import main\n"}),
        (["python3", "-m", "x"], {"web/main.py": "do()\n", "web/__init__.py": "from .main import app\n"}),
    ],
)
def test_what_somebody_imports_is_a_module_whatever_it_does(
    tmp_path: Path, program: list[str], files: dict[str, str]
) -> None:
    details = _details(_try(tmp_path / "app", files, program=program))
    assert "NameError" in details["web.main"]


def test_modules_go_by_the_name_that_python_finds_them_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "app"
    monkeypatch.setenv("PYTHONPATH", str(root / "src"))
    files = {"src/pkg/__init__.py": "", "src/pkg/deep/one.py": "from pkg import two\n", "src/pkg/two.py": ""}
    assert set(_details(_try(root, files))) == {"pkg", "pkg.deep.one", "pkg.two"}


def test_the_directory_of_the_started_script_is_searched(tmp_path: Path) -> None:
    root = tmp_path / "app"
    files = {"bin/start.py": "import beside\n" + GUARD, "bin/beside.py": ""}
    details = _details(_try(root, files, program=["/usr/bin/python3", str(root / "bin/start.py")]))
    assert details == {"start": "", "beside": ""}


def test_what_is_to_be_skipped_is(tmp_path: Path) -> None:
    files = {"a.py": "import no_such_module\n", "b/__init__.py": "", "b/c.py": "import no_such_module\n"}
    assert _details(_try(tmp_path / "app", files, skip=["a", "b.*"])) == {"b": ""}


def test_distributions_are_imported_and_their_versions_told(tmp_path: Path) -> None:
    answer = _try(tmp_path, {}, requirements=["pytest", "pyyaml", "no-such-distribution"])
    assert _details(answer) == {"pytest": "", "pyyaml (yaml)": ""}
    assert answer["installed"].keys() == {"pytest", "pyyaml"}
    assert answer["markers"]["sys_platform"] == "linux"


@pytest.mark.parametrize(
    ("name", "files", "modules"),
    [
        ("torch", ["torch/__init__.py", "torchgen/__init__.py", "torch/nn/__init__.py"], ["torch"]),
        ("pillow", ["PIL/__init__.py", "PIL/Image.py", "pillow.libs/x.so", "Pillow.dist-info/RECORD"], ["PIL"]),
        ("protobuf", ["google/protobuf/__init__.py", "google/_upb/_message.abi3.so"], ["google.protobuf"]),
        ("pyyaml", ["yaml/__init__.py", "_yaml/__init__.py"], ["yaml"]),
        ("cffi", ["_cffi_backend.cpython-311-x86_64-linux-gnu.so", "cffi/__init__.py"], ["cffi"]),
        ("six", ["six.py", "tests/__init__.py"], ["six"]),
        ("backend", ["_backend.abi3.so"], ["_backend"]),
        ("python-dateutil", ["dateutil/__init__.py", "../../../bin/x.py"], ["dateutil"]),
        ("nvidia-cublas", ["nvidia/cublas/lib/libcublas.so.13"], []),
        ("types-requests", ["requests-stubs/__init__.pyi"], []),
    ],
)
def test_a_distributions_modules_are_read_from_its_record(name: str, files: list[str], modules: list[str]) -> None:
    assert modules_of(name, files) == modules


@given(st.lists(st.text(max_size=30)))
def test_no_record_is_too_odd_to_read(files: list[str]) -> None:
    assert all(part.isidentifier() for module in modules_of("x", files) for part in module.split("."))
