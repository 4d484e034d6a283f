"""The nightly job as data, and the files that run it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from nautiloid.errors import UsageError
from nautiloid.registry.name import parse_remote_name
from nautiloid.version import __version__

COSIGN = "v2.4.1"

_CRON_FIELD = r"[0-9*/,-]+"
_CRON = re.compile(rf"{_CRON_FIELD}(?: {_CRON_FIELD}){{2}} (?:{_CRON_FIELD}|[A-Z,-]+) (?:{_CRON_FIELD}|[A-Z,-]+)")
# Wherever GitHub finds "${{" in a workflow it evaluates what follows, however the YAML quotes it.
_RELATIVE = re.compile(r"(?!/|-)(?!.*(?:^|/)\.\.(?:/|$))(?!.*\$\{\{)[^\x00-\x1f\x7f-\x9f]+")
_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
_GIT_SOURCE = re.compile(r"git\+https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~-]+)+@[A-Za-z0-9][A-Za-z0-9._/-]*")
_INDEX = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~+-]+)*/?")
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


@dataclass(frozen=True)
class NightlyJob:
    """What is kept fresh, and how.

    Attributes:
        name: Of the image's definition.
        definition: Of the catalog, or a path in the repository.
        lock: Path of the lock in the repository.
        image: Where it is pushed, without a tag.
        cron: When, in UTC.
        min_age: How old wheels must be, such as ``7d``.
        fail_on: From which severity on a finding with a fix keeps the image from being pushed.
        base: The branch that the lock is on.
        sign: Whether cosign signs the image.
        source: Where GitHub's runner installs nautiloid from: ``git+https://HOST/OWNER/NAME@REF``, or the URL of an
            index; empty: pip's own.

    Raises:
        UsageError: One of them cannot be what it shall be.
    """

    name: str
    definition: str
    lock: str
    image: str
    cron: str = "17 3 * * *"
    min_age: str = "7d"
    fail_on: str = "high"
    base: str = "main"
    sign: bool = True
    source: str = ""

    def __post_init__(self) -> None:
        parse_remote_name(self.image)
        if ":" in self.image.rpartition("/")[2] or "@" in self.image:
            raise UsageError(f"{self.image} has a tag", "Name the repository alone: every night gets a tag of its own.")
        if not _CRON.fullmatch(self.cron):
            raise UsageError(
                f"{self.cron!r} is no schedule", "Write five fields, as crontab(5) has them: '17 3 * * *'."
            )
        for path in (self.definition, self.lock):
            if not _RELATIVE.fullmatch(path):
                raise UsageError(
                    f"{path!r} is no path in the repository", "Write it relative to the repository's root."
                )
        if not _BRANCH.fullmatch(self.base):
            raise UsageError(f"{self.base!r} is no branch")
        if self.source and not self._from_git and not _INDEX.fullmatch(self.source):
            raise UsageError(
                f"{self.source!r} is nothing to install nautiloid from",
                "Write git+https://HOST/OWNER/NAME@REF, or the https URL of an index; credentials do not belong there.",
            )

    @property
    def requirement(self) -> str:
        """What pipx is asked to install."""
        return self.source if self._from_git else f"nautiloid=={__version__}"

    @property
    def index(self) -> str:
        """The index that has it; empty: pip's own."""
        return "" if self._from_git else self.source

    @property
    def _from_git(self) -> bool:
        return _GIT_SOURCE.fullmatch(self.source) is not None


def refresh_script() -> str:
    """Return the script that does the work; it reads everything from its environment."""
    return resources.files("nautiloid.nightly").joinpath("templates/refresh.sh").read_text(encoding="utf-8")


def github_workflow(job: NightlyJob) -> str:
    """Return a GitHub Actions workflow that runs the job."""
    registry = parse_remote_name(job.image).registry
    return _render("github.yml", job, registry=registry, ghcr=registry == "ghcr.io", cosign=COSIGN)


def kubernetes_objects(job: NightlyJob, repository: str, runner: str, secret: str) -> str:
    """Return a ConfigMap and a CronJob that run the job.

    Args:
        job: The job.
        repository: ``owner/name`` on GitHub.
        runner: The image that it runs in.
        secret: Name of the secret with the credentials.

    Raises:
        UsageError: The repository has another shape.
    """
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError(f"{repository!r} is no repository", "Write owner/name.")
    name = re.sub(r"[^a-z0-9-]+", "-", f"nautiloid-refresh-{job.name}")[:52].strip("-")
    return _render("kubernetes.yml", job, repository=repository, runner=runner, secret=secret, object=name)


def _render(template: str, job: NightlyJob, **values: object) -> str:
    # YAML, not HTML: every value goes through JSON, whose strings are YAML's too.
    environment = Environment(  # noqa: S701
        loader=PackageLoader("nautiloid.nightly"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["yaml"] = json.dumps
    script = refresh_script()
    return environment.get_template(template).render(job=job, version=__version__, script=script, **values)
