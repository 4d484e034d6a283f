"""``nautiloid automate``: nightly jobs that keep an image fresh."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from nautiloid import catalog
from nautiloid.cli.ages import parse_age
from nautiloid.cli.definition_options import DefinitionArgument
from nautiloid.cli.groups.once import OnceCommand
from nautiloid.cli.output import OutputOption, deliver
from nautiloid.cli.scan import Threshold
from nautiloid.errors import UsageError
from nautiloid.nightly.jobs import NightlyJob, github_workflow, kubernetes_objects
from nautiloid.workflows.locking import lock_places

ImageOption = Annotated[
    str, typer.Option("--image", metavar="REPOSITORY", help="Where the image goes: ghcr.io/team/app.")
]
CronOption = Annotated[str, typer.Option("--cron", help="When, in UTC, as crontab(5) has it.")]
MinAgeOption = Annotated[str, typer.Option("--min-age", metavar="AGE", help="How old wheels must be, but for fixes.")]
FailOnOption = Annotated[
    Threshold, typer.Option("--fail-on", help="A finding this grave that has a fix keeps the image from being pushed.")
]
BaseOption = Annotated[str, typer.Option("--base", help="The branch that the lock is on.")]
SignOption = Annotated[bool, typer.Option("--sign/--no-sign", help="Sign the image with cosign.")]
SourceOption = Annotated[
    str,
    typer.Option(
        "--nautiloid",
        metavar="SOURCE",
        help="Install it from here: git+https://HOST/OWNER/NAME@REF, or an index.",
    ),
]
LockPathOption = Annotated[
    str | None, typer.Option("--lock", metavar="PATH", help="The lock, in the repository. Default: beside it.")
]

automate = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Write a nightly job: update the lock, build, test, scan, sign, push, open a pull request.",
    epilog="Example: `nautiloid automate github . --image ghcr.io/team/app`",
)


@automate.command("github", cls=OnceCommand)
def github(
    definition: DefinitionArgument,
    *,
    image: ImageOption,
    lock: LockPathOption = None,
    cron: CronOption = "17 3 * * *",
    min_age: MinAgeOption = "7d",
    fail_on: FailOnOption = Threshold.HIGH,
    base: BaseOption = "main",
    sign: SignOption = True,
    source: SourceOption = "",
    output: OutputOption = None,
) -> None:
    """Write a GitHub Actions workflow.

    Example: `nautiloid automate github . --image ghcr.io/team/app -o .github/workflows/refresh.yml`

    Where no index has nautiloid: `nautiloid automate github . --image ghcr.io/team/app
    --nautiloid git+https://github.com/team/nautiloid@v0.1.0`
    """
    job = replace(_job(definition, lock, image, cron, min_age, fail_on, base, sign=sign), source=source)
    deliver(github_workflow(job), output)


@automate.command("kubernetes", cls=OnceCommand)
def kubernetes(
    definition: DefinitionArgument,
    *,
    image: ImageOption,
    repository: Annotated[str, typer.Option("--repository", metavar="OWNER/NAME", help="On GitHub, with the lock.")],
    runner: Annotated[
        str, typer.Option("--runner", metavar="IMAGE", help="What it runs in: nautiloid, git, curl, python3, cosign.")
    ],
    secret: Annotated[
        str, typer.Option("--secret", help="With github-token, config.json, cosign.key, cosign.password.")
    ] = "nautiloid-refresh",  # noqa: S107 - the name of a secret, not one
    lock: LockPathOption = None,
    cron: CronOption = "17 3 * * *",
    min_age: MinAgeOption = "7d",
    fail_on: FailOnOption = Threshold.HIGH,
    base: BaseOption = "main",
    sign: SignOption = True,
    output: OutputOption = None,
) -> None:
    """Write a Kubernetes CronJob, with the ConfigMap that holds its script.

    Example: `nautiloid automate kubernetes . --image registry.example.com/team/app --repository team/app
    --runner registry.example.com/team/nautiloid-runner:1 | kubectl apply -f -`
    """
    job = _job(definition, lock, image, cron, min_age, fail_on, base, sign=sign)
    deliver(kubernetes_objects(job, repository, runner, secret), output)


def _job(
    definition: str,
    lock: str | None,
    image: str,
    cron: str,
    min_age: str,
    fail_on: Threshold,
    base: str,
    *,
    sign: bool,
) -> NightlyJob:
    parse_age(min_age)
    place = lock_places(definition)[0]
    in_catalog = catalog.find(definition) is not None
    if not in_catalog and Path(definition).is_absolute():
        raise UsageError(f"{definition} is an absolute path", "Go to the repository's root, and name it from there.")
    beside = place.path if in_catalog else Path(definition if Path(definition).is_dir() else Path(definition).parent)
    path = lock or str(beside if in_catalog else beside / place.path.name)
    return NightlyJob(place.loaded.definition.name, definition, path, image, cron, min_age, fail_on.value, base, sign)
