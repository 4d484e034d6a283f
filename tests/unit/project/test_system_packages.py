"""Debian packages that a project installs for parts of a library that the image does not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import SCRIPT, draft_of

DOCKERFILE = (
    "FROM python:3.11\nRUN apt-get update && apt-get install -y libgl1-mesa-glx libglib2.0-0 libsm6 libxext6 ffmpeg\n"
    "COPY main.py /app/\n"
)


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ("opencv-python-headless", {"ffmpeg"}),
        ("opencv-contrib-python-headless==4.13.0.92", {"ffmpeg"}),
        ("opencv-python", {"ffmpeg", "libgl1", "libglib2.0-0", "libsm6", "libxext6"}),
        ("opencv-python-headless\nopen3d", {"ffmpeg", "libgl1", "libglib2.0-0", "libsm6", "libxext6"}),
        ("attrs", {"ffmpeg", "libgl1", "libglib2.0-0", "libsm6", "libxext6"}),
    ],
)
def test_libraries_of_windows_stay_out_where_nothing_opens_one(tmp_path: Path, wanted: str, taken: set[str]) -> None:
    draft = draft_of(tmp_path, {"main.py": SCRIPT, "requirements.txt": wanted, "Dockerfile": DOCKERFILE})
    assert {said.value for said in draft.packages} == taken
    assert all("does not have" in said.origin for said in draft.refused)
