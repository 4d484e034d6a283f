"""What a program's code says that its run must provide: places to write, files from elsewhere, a network."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from nautiloid.project.run_needs import Kind, run_needs

from .trees import SCRIPT, draft_of, notes


def _found(code: str, kind: Kind, shown: str = "main.py") -> list[str]:
    return [need.what for need in run_needs(ast.parse(code), Path(shown)) if need.kind is kind]


@pytest.mark.parametrize(
    ("code", "paths"),
    [
        ("torch.save(x, 'model.pt')", ["model.pt"]),
        ("open('a.csv', 'w')", ["a.csv"]),
        ("open('a.csv', mode='wb')", ["a.csv"]),
        ("open('a.csv', encoding='utf-8')", []),
        ("open('r.txt')", []),
        ("open('/tmp/a', 'w')", []),
        ("open('/data/a', 'w')", ["/data/a"]),
        ("from pathlib import Path\nOUT = Path('results')\n(OUT / f'{n}.csv').write_text(x)", ["results/*.csv"]),
        ("import os\nframe.to_csv(os.path.join('results', name))", ["results/*"]),
        ("Path('a.txt').open('a')", ["a.txt"]),
        ("Path('runs').mkdir(exist_ok=True)", ["runs"]),
        ("(Path(__file__).parent / 'log.txt').write_text('')", ["log.txt"]),
        ("TrainingArguments(output_dir='./out')", ["./out"]),
        ("image.save(buffer, 'PNG')", []),
        ("image.save(f'{args.out}/x.png')", []),
        ("logging.basicConfig(filename='app.log')", ["app.log"]),
    ],
)
def test_where_it_writes(code: str, paths: list[str]) -> None:
    assert _found(code, Kind.WRITES) == paths


def test_the_file_itself_is_where_it_lies_in_the_project() -> None:
    code = "import pathlib\nHERE = pathlib.Path(__file__).resolve().parent\n(HERE / 'x').write_bytes(b'')"
    assert _found(code, Kind.WRITES, "pkg/a.py") == ["pkg/x"]


@pytest.mark.parametrize(
    ("code", "fetched"),
    [
        ("datasets.MNIST('../data', download=True)", ["datasets.MNIST(download=True)"]),
        ("AutoModel.from_pretrained('org/model')", ["org/model"]),
        ("AutoModel.from_pretrained('./mine')", []),
        ("torch.hub.load('org/repo', 'x')", ["org/repo"]),
        ("models.resnet18(weights='DEFAULT')", ["models.resnet18(weights=...)"]),
        ("models.resnet18(weights=ResNet18_Weights.IMAGENET1K_V1)", ["models.resnet18(weights=...)"]),
        ("nltk.download('punkt')", ["punkt"]),
        ("models.resnet18(weights=None)", []),
    ],
)
def test_what_it_fetches(code: str, fetched: list[str]) -> None:
    assert _found(code, Kind.FETCHES) == fetched


def test_an_option_that_says_where_results_go_is_named_with_its_default(tmp_path: Path) -> None:
    code = (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--save', default='model.pt')\n"
        "p.add_argument('--save-model', action='store_true')\np.add_argument('--log-level', default='info')\n"
        "p.add_argument('--log-interval', type=int, default=10)\np.add_argument('--data', default='../data')\n"
    )
    said = notes(draft_of(tmp_path, {"main.py": code + SCRIPT}))
    assert (
        "main.py:3: writes model.pt, but the root is read-only: run with -o ./out:/out, and --save /out/model.pt"
        in said
    )
    assert "main.py:7: reads ../data, which is /data in the image: mount it, -v ../data:/data" in said
    assert len(said.splitlines()) == 2


def test_results_in_one_directory_are_caught_there(tmp_path: Path) -> None:
    code = "open('labels.txt')\nopen('results/a.csv', 'w')\nplt.savefig(f'results/{n}.png')\n"
    draft = draft_of(tmp_path, {"main.py": code + SCRIPT, "labels.txt": "a", "results/old.csv": "1"})
    assert "run with -o ./results:/app/results, and it lands in ./results" in notes(draft)
    assert {one.source for one in draft.files} == {"main.py", "labels.txt"}


def test_results_beside_the_script_move_the_start_and_what_that_breaks_is_said(tmp_path: Path) -> None:
    code = "open('labels.txt')\nopen('a.csv', 'w')\n"
    said = notes(draft_of(tmp_path, {"main.py": code + SCRIPT, "labels.txt": "a"}))
    assert "run with -o ./out:/out -w /out" in said
    assert "does not find labels.txt" in said
