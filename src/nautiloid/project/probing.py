"""Drafts how a project's program is started in small: asked for its help, or for the health that it says it tells.

Only what the source shows is drafted: a probe that is a guess would fail images that work.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nautiloid.project.facts import Said
from nautiloid.project.project_files import ProjectFiles, python_files
from nautiloid.project.start import PYTHON, Start

_HEALTH = ("/health", "/healthz", "/livez", "/readyz", "/ready", "/live", "/ping", "/v2/health/ready")
_ROUTES = {"get", "route", "Route", "add_route", "add_api_route", "add_url_rule", "api_route"}
_MOUNTS = {"mount", "Mount"}
_ELSEWHERE = {"prefix", "url_prefix", "root_path"}
_SERVERS = {"uvicorn": 8000, "gunicorn": 8000, "hypercorn": 8000, "granian": 8000, "fastapi": 8000, "flask": 5000}
_PORT_OPTIONS = {"--port", "-p", "--bind", "-b"}


@dataclass(frozen=True)
class DraftedProbe:
    """A probe in the making: arguments for the entry point, or a port and a path."""

    arguments: tuple[str, ...] = ()
    port: int = 0
    path: str = ""


def draft_probe(root: Path, files: ProjectFiles, start: Start) -> Said[DraftedProbe] | None:
    """Return how the program is started in small, with what shows that; None where nothing does.

    Args:
        root: The project's directory.
        files: What goes into the image.
        start: What the image starts.
    """
    trees = {path.relative_to(root): tree for path in python_files(root, files) if (tree := _tree(path)) is not None}
    words = (*start.entrypoint.value, *start.command.value)
    started = next((path for path in trees if path in _candidates(root, files, words)), None)
    port = _port(words, trees.get(started) if started else None)
    health = next(((path, found) for path, tree in trees.items() for found in _health(tree)), None)
    if port and health is not None and not any(_is_moved(tree) for tree in trees.values()):
        return Said(DraftedProbe(port=port, path=health[1]), f"{health[0]} answers there")
    if started is None or not _has_help(trees[started]):
        return None
    # Where the script is the replaceable part, it is part of the arguments.
    rest = start.command.value if start.entrypoint.value == (PYTHON,) else ()
    end = next((place + 1 for place, word in enumerate(rest) if word.endswith(".py")), 0)
    end = rest.index("-m") + 2 if "-m" in rest else end
    return Said(DraftedProbe((*rest[:end], "--help")), f"{started} tells its options")


def _tree(path: Path) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the project's code, which is not ours to judge
            return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _candidates(root: Path, files: ProjectFiles, words: Sequence[str]) -> set[Path]:
    """Return the files, relative to the project, that a command line may start."""
    found: set[Path] = set()
    for word in words:
        if word.endswith(".py"):
            scripts = (path.relative_to(root) for path in python_files(root, files))
            found |= {path for path in scripts if str(files.image_path(path)) == word}
    modules = [words[words.index("-m") + 1]] if "-m" in words[:-1] else []
    modules += re.findall(r"from ([\w.]+) import", " ".join(words)) if "-c" in words else []
    for module in modules:
        path = Path(*module.split("."))
        for base in (Path(), Path("src")):
            found |= {base / path.with_suffix(".py"), base / path / "__main__.py"}
            found |= {base / path / "__init__.py"} if "-c" in words else set()
    return found


def _port(words: Sequence[str], started: ast.Module | None) -> int:
    """Return the port that the program listens on; 0 where nothing says."""
    program = words[words.index("-m") + 1] if "-m" in words[:-1] else ""
    if program in _SERVERS:
        for place, word in enumerate(words):
            option, equals, value = word.partition("=")
            value = value if equals else (words[place + 1] if place + 1 < len(words) else "")
            if option in _PORT_OPTIONS:
                number = value.rpartition(":")[2]
                return int(number) if number.isascii() and number.isdigit() and 0 < int(number) < 65536 else 0
        return _SERVERS[program]
    for node in ast.walk(started) if started is not None else ():
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "uvicorn.run":
            given = {word.arg: word.value for word in node.keywords}
            port = given.get("port", ast.Constant(_SERVERS["uvicorn"]))
            plain = isinstance(port, ast.Constant) and isinstance(port.value, int) and None not in given
            return int(ast.literal_eval(port)) if plain else 0
    return 0


def _health(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in _ROUTES and node.args:
            path = node.args[0]
            if isinstance(path, ast.Constant) and path.value in _HEALTH:
                yield str(path.value)


def _is_moved(tree: ast.Module) -> bool:
    """Tell whether routes may lie below another path than they say."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(_called(call) in _MOUNTS or any(word.arg in _ELSEWHERE for word in call.keywords) for call in calls)


def _has_help(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) == "ArgumentParser":
            return not any(word.arg == "add_help" for word in node.keywords)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("typer.run", "typer.Typer", "Typer"):
            return True
        if isinstance(node, ast.FunctionDef) and any(
            ast.unparse(decorator).partition("(")[0] in ("click.command", "click.group")
            for decorator in node.decorator_list
        ):
            return True
    return False


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))
