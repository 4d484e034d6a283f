"""Streamlit and Gradio applications: how they start in an image, on which port, and what they must be told.

Sources: docs.streamlit.io, "config.toml" and "Run your app"; gradio.app, "Environment Variables".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nautiloid.project.facts import Said
from nautiloid.project.sources import Script


@dataclass(frozen=True)
class Framework:
    """What an application of it needs.

    Attributes:
        module: The Python module and its distribution.
        launcher: Python's arguments before the script.
        env: All interfaces (a published port does not lead to loopback), no telemetry, and what it writes in ``/tmp``.
    """

    module: str
    launcher: tuple[str, ...]
    port: str
    env: Mapping[str, str]


_STREAMLIT = Framework(
    "streamlit",
    ("-m", "streamlit", "run"),
    "8501",
    {
        "STREAMLIT_SERVER_ADDRESS": "0.0.0.0",  # noqa: S104 - of the container
        "STREAMLIT_SERVER_PORT": "8501",
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
        "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108 - the image's own path
    },
)
_GRADIO = Framework(
    "gradio",
    (),
    "7860",
    {
        # 0.0.0.0 by its short name: for the long one Gradio asks itself by the name localhost, which not every engine
        # gives a container without a network.
        "GRADIO_SERVER_NAME": "0",
        "GRADIO_SERVER_PORT": "7860",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_TEMP_DIR": "/tmp/gradio",  # noqa: S108 - the image's own path
        "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108 - the image's own path
    },
)
FRAMEWORKS = {framework.module: framework for framework in (_STREAMLIT, _GRADIO)}
_NAMES = ("app.py", "streamlit_app.py", "main.py", "Home.py", "demo.py")


@dataclass(frozen=True)
class WebApp:
    """An application of a framework, and the script that is its page."""

    framework: Framework
    script: Path
    origin: str

    @property
    def env(self) -> dict[str, Said[str]]:
        """The variables that it needs."""
        return {
            name: Said(value, f"what {self.framework.module} needs here") for name, value in self.framework.env.items()
        }


def web_app(scripts: Iterable[Script], sdk: str, app_file: str) -> WebApp | None:
    """Return the application that a project is; None where it is none.

    A Streamlit script needs no main part: Streamlit runs it. A Gradio script starts by itself when it calls ``launch``.

    Args:
        scripts: The project's Python files.
        sdk: What a Space says that it is; empty where there is no Space.
        app_file: The script that a Space names; empty for the usual one.
    """
    top = {str(script.path): script for script in scripts}
    if sdk in FRAMEWORKS:
        path = app_file or next((name for name in _NAMES if name in top), "")
        return WebApp(FRAMEWORKS[sdk], top[path].path, "README.md, app_file") if path in top else None
    for framework in FRAMEWORKS.values():
        fitting = [
            script
            for script in top.values()
            if framework.module in script.modules
            and len(script.path.parts) == 1
            and (framework.launcher or "launch" in script.calls)
        ]
        if fitting:
            fitting.sort(key=lambda script: (script.path.name not in _NAMES, script.path.name))
            return WebApp(framework, fitting[0].path, f"{fitting[0].path} is a {framework.module} application")
    return None
