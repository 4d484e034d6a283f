"""The learner's own ``docker run`` commands, word for word, in a real Docker engine.

The commands ask for a terminal (``-it``), so each runs in a pseudo-terminal.
"""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from nautiloid import catalog
from nautiloid.oci.source import open_image
from nautiloid.run.docker import DockerEngine

from ..conftest import Built

pytestmark = [pytest.mark.engine, pytest.mark.network]

TRAIN = """docker run --user root --rm -it --platform linux/amd64 \
  -v "$PWD/:/home/nonroot/octopus-detector" IMAGE "/home/nonroot/octopus-detector/image_classification.py" """
CLASSIFY = """docker run --user root --rm -it --platform linux/amd64 \
  -v "$PWD:/home/nonroot/octopus-detector" IMAGE \
  "/home/nonroot/octopus-detector/image_classification.py" "/home/nonroot/octopus-detector/octopus.jpg" """
LOCKED_DOWN = (
    "--user 12345:12345 --read-only --cap-drop ALL --security-opt no-new-privileges --network none --tmpfs /tmp"
)

OWN_SCRIPT = """
import torch, torchvision
from PIL import Image
from torch.utils.data import DataLoader, TensorDataset
from torchvision import transforms

torch.manual_seed(0)
picture = transforms.ToTensor()(Image.new("RGB", (32, 32), "teal")).repeat(8, 1, 1, 1)
data = DataLoader(TensorDataset(picture, torch.arange(8) % 3), batch_size=4, num_workers=2)
model = torchvision.models.resnet18(num_classes=3)
optimiser = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
schedule = torch.optim.lr_scheduler.StepLR(optimiser, 7, 0.1)
for inputs, labels in data:
    optimiser.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(inputs), labels)
    loss.backward()
    optimiser.step()
schedule.step()
print("trained", torch.__version__, loss.item() > 0)
"""


@pytest.fixture(scope="session")
def loaded(docker_daemon: None, built: Callable[[str], Built]) -> Callable[[str], str]:
    """Load an image of the catalog into Docker and return its name there."""
    engine = DockerEngine()

    def load(name: str) -> str:
        image = built(name)
        with open_image(image.result.reference, image.layout) as source:
            if not engine.holds(source.image, image.result.reference):
                engine.load(source, image.result.reference)
        return image.result.reference

    return load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The learner's folder: the script, and the photos where there are any."""
    tmp_path.chmod(0o755)  # pytest keeps it to its owner; the container's users must look in
    script = catalog.workloads_directory() / "octopus-detector/image_classification.py"
    shutil.copy(script, tmp_path)
    photos = os.environ.get("NAUTILOID_DATA")
    if photos:
        shutil.copytree(Path(photos) / "octopus-penguin-whale", tmp_path / "data/octopus-penguin-whale")
        for image in (Path(photos) / "inference-images").iterdir():
            shutil.copy(image, tmp_path)
    return tmp_path


def in_terminal(command: str, folder: Path) -> tuple[int, str]:
    """Run a shell command in a pseudo-terminal and return its exit code and what it showed."""
    main, replica = pty.openpty()
    with subprocess.Popen(command, shell=True, cwd=folder, stdin=replica, stdout=replica, stderr=replica) as process:
        os.close(replica)
        shown = b""
        while True:
            try:
                block = os.read(main, 1 << 16)
            except OSError:
                break  # Linux answers EIO when the last process has closed its end
            if not block:
                break
            shown += block
        os.close(main)
    return process.returncode, shown.decode(errors="replace").replace("\r\n", "\n")


def _draw(image: str, folder: Path) -> None:
    """Without photos the workload draws a data set, in the container."""
    code, shown = in_terminal(
        f'docker run --rm --network none --user root -v "$PWD:/out" {image} -m octopus_detector draw /out/drawn', folder
    )
    assert code == 0, shown
    (folder / "data").mkdir()
    (folder / "drawn/octopus-penguin-whale").rename(folder / "data/octopus-penguin-whale")
    for picture in (folder / "drawn/inference-images").iterdir():
        picture.rename(folder / picture.with_suffix(".jpg").name)


def test_the_learners_two_commands_word_for_word(loaded: Callable[[str], str], folder: Path) -> None:
    image = loaded("octopus-detector")
    if not (folder / "octopus.jpg").exists():
        _draw(image, folder)
    code, shown = in_terminal(TRAIN.replace("IMAGE", image), folder)
    assert code == 0, shown
    assert (folder / "octopus_whale_penguin_model.pt").is_file()
    code, shown = in_terminal(CLASSIFY.replace("IMAGE", image), folder)
    assert (code, shown.strip()) == (0, "octopus")
    for animal in ("octopus", "penguin", "whale"):
        command = (
            CLASSIFY.replace("IMAGE", image).replace("--user root", LOCKED_DOWN).replace("octopus.jpg", f"{animal}.jpg")
        )
        assert in_terminal(command, folder) == (0, f"{animal}\n")


def test_the_second_command_before_the_first_says_what_to_do(loaded: Callable[[str], str], folder: Path) -> None:
    image = loaded("octopus-detector")
    (folder / "octopus.jpg").write_bytes(b"")
    code, shown = in_terminal(CLASSIFY.replace("IMAGE", image), folder)
    assert code in (1, 2)
    assert "Train one first" in shown
    assert "Traceback" not in shown


def test_training_as_any_user_with_everything_locked_down(loaded: Callable[[str], str], folder: Path) -> None:
    image = loaded("octopus-detector")
    if not (folder / "octopus.jpg").exists():
        _draw(image, folder)
    folder.chmod(0o777)
    code, shown = in_terminal(TRAIN.replace("IMAGE", image).replace("--user root", LOCKED_DOWN), folder)
    assert code == 0, shown
    assert (folder / "octopus_whale_penguin_model.pt").stat().st_uid == 12345


def test_training_without_user_root_where_the_mount_is_writable(loaded: Callable[[str], str], folder: Path) -> None:
    image = loaded("octopus-detector")
    if not (folder / "octopus.jpg").exists():
        _draw(image, folder)
    folder.chmod(0o777)
    code, shown = in_terminal(TRAIN.replace("IMAGE", image).replace("--user root ", ""), folder)
    assert code == 0, shown
    assert (folder / "octopus_whale_penguin_model.pt").stat().st_uid == 65532


@pytest.mark.parametrize("user", ["--user root", "", LOCKED_DOWN])
def test_a_script_of_ones_own_trains_in_the_pytorch_image(
    loaded: Callable[[str], str], tmp_path: Path, user: str
) -> None:
    image = loaded("pytorch")
    tmp_path.chmod(0o755)
    (tmp_path / "train.py").write_text(OWN_SCRIPT)
    command = f'docker run {user} --rm -it -v "$PWD:/home/nonroot/app" {image} /home/nonroot/app/train.py'
    code, shown = in_terminal(command, tmp_path)
    assert code == 0, shown
    assert "trained 2.13.0+cpu True" in shown


@pytest.mark.parametrize("program", ["/bin/sh", "/bin/bash", "sh", "pip", "apt-get", "perl", "/usr/bin/env"])
def test_there_is_nothing_else_to_start(loaded: Callable[[str], str], tmp_path: Path, program: str) -> None:
    code, _ = in_terminal(f"docker run --rm --entrypoint {program} {loaded('pytorch')}", tmp_path)
    assert code in (126, 127)
