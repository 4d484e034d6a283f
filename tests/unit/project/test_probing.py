"""How a project's program is started in small, as far as its source shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.self_test import Probe
from nautiloid.project.draft import write_draft
from nautiloid.project.survey import draft_definition

ASKED = ("/app/main.py", "--help")
PARSER = "import argparse\np = argparse.ArgumentParser()\nif __name__ == '__main__':\n    p.parse_args()\n"
API = "app = FastAPI()\n@app.get('/health')\ndef health(): ...\n"


def _probe(root: Path, files: dict[str, str]) -> Probe | None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    write_draft(draft_definition(root).to_yaml(), root, force=False)
    return load_definition(str(root)).definition.test.probe


def _arguments(root: Path, files: dict[str, str]) -> tuple[str, ...] | None:
    probe = _probe(root, files)
    return probe.arguments if probe is not None else None


def _address(root: Path, files: dict[str, str]) -> tuple[int, str] | None:
    probe = _probe(root, files)
    return (probe.http.port, probe.http.path) if probe is not None and probe.http is not None else None


@pytest.mark.parametrize(
    ("files", "arguments"),
    [
        ({"main.py": PARSER}, ASKED),
        (
            {"main.py": "@click.command()\ndef main(): ...\nif __name__ == '__main__': main()\n"},
            ("/app/main.py", "--help"),
        ),
        ({"main.py": "def f(): ...\nif __name__ == '__main__': typer.run(f)\n"}, ASKED),
        ({"main.py": PARSER, "train.py": PARSER}, ASKED),
        (
            {"run.py": PARSER, "Dockerfile": "FROM python:3.11\nCOPY run.py /srv/\nCMD python -u /srv/run.py --x\n"},
            ("-u", "/srv/run.py", "--help"),
        ),
        (
            {"pkg/cli.py": PARSER, "Dockerfile": "FROM python:3.11\nCOPY pkg /app/pkg\nCMD python -m pkg.cli -x\n"},
            ("-m", "pkg.cli", "--help"),
        ),
        (
            {"src/pkg/cli.py": PARSER, "pyproject.toml": "[project]\nname='x'\n[project.scripts]\nx='pkg.cli:go'\n"},
            ("--help",),
        ),
        ({"main.py": PARSER.replace("ArgumentParser()", "ArgumentParser(add_help=False)")}, None),
        ({"main.py": "if __name__ == '__main__':\n    print()\n", "other.py": PARSER.partition("if")[0]}, None),
    ],
)
def test_a_program_that_tells_its_options_is_asked_for_them(
    tmp_path: Path, files: dict[str, str], arguments: tuple[str, ...] | None
) -> None:
    assert _arguments(tmp_path, files) == arguments


@pytest.mark.parametrize(
    ("start", "source", "address"),
    [
        ("uvicorn web:app --port 80", API, (80, "/health")),
        ("uvicorn web:app --port=81", API, (81, "/health")),
        ("uvicorn web:app", API, (8000, "/health")),
        ("gunicorn -b 0.0.0.0:9000 web:app", API.replace("/health", "/readyz"), (9000, "/readyz")),
        ("uvicorn web:app --port 99999", API, None),
        ("uvicorn web:app", API.replace("'/health'", "'/predict'"), None),
        ("uvicorn web:app", "router = APIRouter(prefix='/api')\n" + API, None),
        ("python web.py", API + "if __name__ == '__main__':\n    uvicorn.run(app, port=8080)\n", (8080, "/health")),
        ("python web.py", API + "if __name__ == '__main__':\n    uvicorn.run(app, port=PORT)\n", None),
        ("python web.py", API + "if __name__ == '__main__':\n    uvicorn.run(app, **options)\n", None),
    ],
)
def test_a_server_is_asked_for_the_health_that_its_source_shows(
    tmp_path: Path, start: str, source: str, address: tuple[int, str] | None
) -> None:
    dockerfile = f"FROM python:3.11\nWORKDIR /app\nCOPY web.py .\nCMD {start}\n"
    assert _address(tmp_path, {"web.py": source, "Dockerfile": dockerfile}) == address
