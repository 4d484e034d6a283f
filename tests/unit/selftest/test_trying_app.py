"""What a container answers is a stranger's word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nautiloid.factory.app import App
from nautiloid.factory.self_test import Probe
from nautiloid.oci.layout import Layout
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.run.engine import ReadyImage
from nautiloid.run.profile import HardenedProfile
from nautiloid.run.supervise import CompletedRun, RunTimeoutError
from nautiloid.selftest import inside_app, inside_probe, plan
from nautiloid.selftest.trying_app import AppTrial, try_app

IMAGE = ReadyImage("app", {})
ANSWER = {
    "outcomes": [],
    "installed": {"torch": "2.13.0+cpu", "odd": "no version"},
    "markers": {"python_version": "3.11"},
    "programs": ["/app/x.py"],
}

ODD = json.dumps(ANSWER | {"outcomes": [{"group": 1, "name": [], "passed": "yes", "detail": {}, "seconds": ""}]})


class _Answering(BubblewrapEngine):
    """An engine whose containers say what they are told to."""

    def __init__(self, store: Layout, said: str | None) -> None:
        super().__init__(store, Path())
        self._said = said

    def run_captured(self, profile: HardenedProfile, timeout: float | None = None) -> CompletedRun:
        del profile, timeout
        if self._said is None:
            raise RunTimeoutError("killed")
        return CompletedRun(0, self._said, "")


def _trial(layout: Layout, said: str | None, *requirements: str, probe: Probe | None = None) -> AppTrial:
    return try_app(_Answering(layout, said), IMAGE, plan.TestPlan(app=App(requirements=requirements), probe=probe))


@pytest.fixture
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return Layout(tmp_path_factory.mktemp("images"))


@pytest.mark.parametrize(
    "answer",
    ["", "[]", "1", "{}", '{"outcomes": [1]}', '{"outcomes": [{"x": 1}]}', "{", json.dumps({"outcomes": None}), ODD],
)
def test_nonsense_is_a_failed_check(layout: Layout, answer: str) -> None:
    probe = Probe(arguments=())
    for said in (answer, inside_app.LAST + answer, inside_probe.LAST + answer, None):
        failed = [outcome for outcome in _trial(layout, said, "torch", probe=probe).outcomes if not outcome.passed]
        assert {outcome.group for outcome in failed} == {"app", "probe"}


@pytest.mark.parametrize(
    ("requirement", "detail"),
    [
        ("torch<2.6", "the image has torch 2.13.0+cpu"),
        ("torch==2.13.0", ""),
        ("Torch", ""),
        ("odd", ""),
        ("odd>1", "the image has odd no version"),
        ("absent", "it is not installed"),
    ],
)
def test_each_requirement_is_held_against_what_is_installed(layout: Layout, requirement: str, detail: str) -> None:
    (outcome,) = _trial(layout, inside_app.LAST + json.dumps(ANSWER), requirement).outcomes
    assert (outcome.group, outcome.name, outcome.detail) == ("requirements", requirement, detail)
    assert outcome.passed == (not detail)


def test_a_requirement_for_elsewhere_is_none(layout: Layout) -> None:
    said = inside_app.LAST + json.dumps(ANSWER)
    assert _trial(layout, said, "absent; python_version < '3.9'").outcomes == ()


def test_what_was_not_tried_is_said(layout: Layout) -> None:
    remarks = " ".join(_trial(layout, inside_app.LAST + json.dumps(ANSWER)).remarks)
    assert "/app/x.py" in remarks
    assert "test.probe" in remarks


def test_an_image_of_the_catalog_has_no_app(layout: Layout) -> None:
    assert try_app(_Answering(layout, None), IMAGE, plan.TestPlan()) == AppTrial()
