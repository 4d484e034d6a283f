"""The commands, in groups as the help shows them: a new command is one loader, and one line in a group.

A loader imports its command when that command is asked for: a scan need not wait for what a build wants. Only help and
completion get all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import typer
from typer.core import TyperCommand

from nautiloid.cli.groups.once import OnceCommand

Command = Callable[..., None] | typer.Typer
"""A function that typer makes a command of, or several commands under one name."""


@dataclass(frozen=True)
class Group:
    """Commands that the help shows together.

    Attributes:
        title: Of the panel.
        loaders: Each returns one command; in the order of the help.
        settings: Of click's context, for commands that need some.
        kinds: What typer makes of a function, where it is more than a usual command.
    """

    title: str
    loaders: Mapping[str, Callable[[], Command]]
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    kinds: Mapping[str, type[TyperCommand]] = field(default_factory=dict)

    def add(self, application: typer.Typer, name: str) -> None:
        """Give one of the commands to an application."""
        command = self.loaders[name]()
        if isinstance(command, typer.Typer):
            application.add_typer(command, name=name, rich_help_panel=self.title)
        else:
            settings = dict(self.settings.get(name, {}))
            kind = self.kinds.get(name, OnceCommand)
            application.command(name, cls=kind, context_settings=settings, rich_help_panel=self.title)(command)
