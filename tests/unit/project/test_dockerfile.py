from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid.project.apt_packages import choose_packages
from nautiloid.project.dockerfile import Dockerfile, read_dockerfile
from nautiloid.project.dockerfile_syntax import parse, substitute
from nautiloid.project.facts import Notebook, ProjectError
from nautiloid.project.pip_command import PipInstall, read_pip_install
from nautiloid.project.shell_commands import plain_words, simple_commands


def _read(root: Path, text: str) -> tuple[Dockerfile, list[str]]:
    (root / "Dockerfile").write_text(text)
    notebook = Notebook()
    found = read_dockerfile(root, notebook)
    assert found is not None
    return found, [f"{note.origin} {note.message}" for note in notebook.notes]


def test_continued_lines_comments_and_here_documents() -> None:
    _, (stage,) = parse("FROM x\nRUN a \\\n  # said between\n  b\nRUN <<EOT bash\nc\nd\nEOT\nCOPY e f\n")
    assert [(one.name, one.value, one.line, one.documents) for one in stage.instructions] == [
        ("RUN", "a b", 2, ()),
        ("RUN", "<<EOT bash", 5, ("c\nd",)),
        ("COPY", "e f", 9, ()),
    ]


def test_the_escape_directive() -> None:
    _, (stage,) = parse("# escape=`\nFROM x\nRUN a `\n  b\n")
    assert stage.instructions[0].value == "a b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A/${A}", "1/1"),
        ("${B:-two}", "two"),
        ("${A:-two}", "1"),
        ("${E:-two}${E-three}", "two"),
        ("${A:+yes}${B:+yes}", "yes"),
        (r"\$A", "$A"),
    ],
)
def test_variables_are_filled_in_as_docker_does(text: str, expected: str) -> None:
    assert substitute(text, {"A": "1", "E": ""}) == (expected, ())


def test_unknown_variables_are_named() -> None:
    assert substitute("$A$B", {"A": "1"}) == ("1$B", ("B",))


def test_the_last_stage_counts_and_what_it_is_built_from(tmp_path: Path) -> None:
    found, notes = _read(
        tmp_path,
        "ARG V=3.11\nFROM python:${V}-slim AS base\nENV A=1\nWORKDIR /srv\n"
        "FROM base AS build\nENV B=2\nFROM base\nWORKDIR app\nCOPY --from=build /x /y\nCOPY . .\n",
    )
    assert found.python is not None
    assert (found.python.value, found.python.origin) == ("3.11", "Dockerfile:2")
    assert set(found.env) == {"A"}
    assert found.workdir is not None
    assert str(found.workdir.value) == "/srv/app"
    assert [(copy.source, str(copy.to)) for copy in found.copies] == [(".", "/srv/app")]
    assert any("another stage" in note for note in notes)


def test_secrets_and_build_variables_do_not_enter(tmp_path: Path) -> None:
    found, notes = _read(tmp_path, 'FROM x\nENV HF_TOKEN=abc PIP_NO_CACHE_DIR=1 MODEL="a b"\nENV OLD form here\n')
    assert {name: said.value for name, said in found.env.items()} == {"MODEL": "a b", "OLD": "form here"}
    assert ["HF_TOKEN" in note and "abc" not in note for note in notes] == [True]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('CMD ["python", "a b.py"]', ("python", "a b.py")),
        ("CMD python train.py --name 'x y'", ("python", "train.py", "--name", "x y")),
        ("CMD exec python train.py", ("python", "train.py")),
        ("CMD python train.py --port $PORT", None),
        ("CMD python a.py && python b.py", None),
        ("CMD python a.py > log", None),
        ("CMD A=1 python a.py", None),
    ],
)
def test_commands_in_both_forms_and_shell_tricks(tmp_path: Path, line: str, words: tuple[str, ...] | None) -> None:
    found, notes = _read(tmp_path, f"FROM x\n{line}\n")
    assert (found.command.value if found.command else None) == words
    assert bool(notes) == (words is None)


def test_an_entry_point_resets_the_command(tmp_path: Path) -> None:
    found, _ = _read(tmp_path, 'FROM x\nCMD ["a"]\nENTRYPOINT ["python", "x.py"]\n')
    assert found.command is None
    found, _ = _read(tmp_path, 'FROM x\nENTRYPOINT ["python", "x.py"]\nCMD ["a"]\n')
    assert found.command is not None


def test_what_run_installs(tmp_path: Path) -> None:
    found, notes = _read(
        tmp_path,
        "FROM x\nRUN apt-get update && apt-get install -y libgl1 gcc && rm -rf /x\n"
        "RUN python3 -m pip install --no-cache-dir -U pip 'torch>=2' -r req.txt --index-url https://example.org\n"
        "RUN uv pip install --system numpy\nRUN pip install -e .\nRUN curl x | sh\n",
    )
    assert [said.value[1:] for said in found.installs] == [("install", "-y", "libgl1", "gcc")]
    assert [said.value for said in found.pip_packages] == ["torch>=2", "numpy"]
    assert [said.value for said in found.pip_requirements] == ["req.txt"]
    assert found.installs_project
    assert sum("curl" in note or note.endswith(": sh") for note in notes) == 2
    assert sum("--index-url" in note for note in notes) == 1


def test_packages_are_judged() -> None:
    words = (
        "apt-get",
        "install",
        "-y",
        "libgl1-mesa-glx",
        "gcc",
        "python3-dev",
        "dash",
        "cowsay",
        "ffmpeg=7:5",
        "$X",
        "vim",
    )
    found = {choice.package: choice for choice in choose_packages(words, {"dash": "no shell"})}
    assert {name for name, choice in found.items() if choice.taken} == {"libgl1", "cowsay", "ffmpeg"}
    assert "unknown" in found["cowsay"].why
    assert "libgl1-mesa-glx" in found["libgl1"].why
    assert "7:5" in found["ffmpeg"].why
    assert "no shell" in found["dash"].why


def test_simple_commands_of_a_command_line() -> None:
    assert list(simple_commands("A=1 sudo a 'b c' && d; (e | f)\ng")) == [("a", "b c"), ("d",), ("e",), ("f",), ("g",)]
    assert plain_words("python -c 'print(1)'") == ("python", "-c", "print(1)")


def test_a_dockerfile_without_a_stage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("RUN x\n")
    with pytest.raises(ProjectError, match="FROM"):
        read_dockerfile(tmp_path, Notebook())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pip install a b==1", PipInstall(packages=["a", "b==1"])),
        ("pip3 --quiet install -rx.txt --requirement=y.txt", PipInstall(files=["x.txt", "y.txt"])),
        (
            "/usr/bin/python3.11 -m pip install -U pip wheel -c c.txt a",
            PipInstall(constraints=["c.txt"], packages=["a"]),
        ),
        ("uv pip install --system -e .[train]", PipInstall(project=True)),
        ("pip install --target /x --no-deps a", PipInstall(packages=["a"])),
        ("pip install -i https://example.org a", PipInstall(index=["-i https://example.org"], packages=["a"])),
        ("pip uninstall a", None),
        ("python -m", None),
        ("uv", None),
    ],
)
def test_pip_install_lines(line: str, expected: PipInstall | None) -> None:
    assert read_pip_install(line.split()) == expected


STAGES = """
FROM python:3.11 AS builder
WORKDIR /build
RUN python -m venv /opt/venv
COPY deps/requirements.txt .
RUN /opt/venv/bin/pip install -r requirements.txt gunicorn
COPY . .
FROM node:22 AS pages
COPY front /front
RUN npm run build
FROM python:3.11 AS unused
RUN pip install pytest
FROM python:3.11-slim
WORKDIR /srv
COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /build/app ./app
COPY --from=0 /build/run.py ./
COPY --from=pages /front/dist /srv/static
COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/
COPY --from=busybox /bin/sh /bin/sh
"""


def test_what_other_stages_hand_on_is_followed(tmp_path: Path) -> None:
    for name in ("app/__init__.py", "run.py", "front/index.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found, notes = _read(tmp_path, STAGES)
    assert [said.value for said in found.pip_requirements] == ["requirements.txt"]
    assert {said.value for said in found.pip_packages} == {"gunicorn"}
    assert [(copy.source, str(copy.to), copy.into) for copy in found.copies] == [
        ("app", "/srv/app", False),
        ("run.py", "/srv", True),
    ]
    assert [note for note in notes if "/front/dist" in note and "another stage makes" in note]
    assert [note for note in notes if "copies from busybox" in note]
    assert [note for note in notes if "does not use: unused" in note]
    assert not [note for note in notes if "astral" in note]


def test_stages_that_copy_from_each_other_are_each_read_once(tmp_path: Path) -> None:
    lines = ["FROM x AS s0", "COPY a /a"]
    for number in range(1, 40):
        lines += [f"FROM x AS s{number}", *[f"COPY --from=s{number - 1} /a /a"] * 2]
    (tmp_path / "a").write_text("")
    found, _ = _read(tmp_path, "\n".join(lines))
    assert [copy.source for copy in found.copies] == ["a"]


def test_ports_volumes_and_the_health_check(tmp_path: Path) -> None:
    found, notes = _read(
        tmp_path,
        "ARG PORT=8000\nFROM x\nARG PORT\nWORKDIR /app\nEXPOSE $PORT 53/udp\n"
        'VOLUME ["/data", "/logs"]\nVOLUME /cache\n'
        "HEALTHCHECK --interval=1m30s --timeout=500ms --retries=2 "
        "CMD curl -fs http://localhost:8000/health || exit 1\n",
    )
    assert [said.value for said in found.ports] == ["8000", "53/udp"]
    assert [said.value for said in found.volumes] == ["/data", "/logs", "/cache"]
    assert found.health is not None
    check = found.health.value
    assert check.command == (
        "/usr/bin/python3", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health')",
    )  # fmt: skip
    assert (check.interval, check.timeout, check.start_period, check.retries) == (90, 0.5, None, 2)
    assert notes == []


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ('HEALTHCHECK CMD ["python", "check.py", "-q"]', ("/usr/bin/python3", "/app/check.py", "-q")),
        ("HEALTHCHECK CMD python -m check", ("/usr/bin/python3", "-m", "check")),
        ("HEALTHCHECK CMD pg_isready", None),
        ("HEALTHCHECK CMD curl http://localhost/ | grep ok", None),
        ("HEALTHCHECK CMD curl -f \"http://localhost/');evil('\"", None),
        ("HEALTHCHECK CMD curl http://example.org/", None),
    ],
)
def test_health_checks_without_a_shell(tmp_path: Path, line: str, command: tuple[str, ...] | None) -> None:
    found, notes = _read(tmp_path, f"FROM x\nWORKDIR /app\n{line}\n")
    assert (found.health.value.command if found.health else None) == command
    assert bool(notes) == (command is None)
