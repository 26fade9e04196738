"""The command line from an empty folder to an export, as separate processes, with the workers it starts itself."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from app.config import ROOT

COLOURS = {"red": (200, 40, 30), "blue": (30, 60, 200)}
COUNT = 24
WAIT_SECONDS = 240


class Shell:
    """Runs `loupe` on a data folder of its own."""

    def __init__(self, data: Path) -> None:
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")}
        self.environment |= {"LOUPE_DATA": str(data), "PYTHONPATH": str(ROOT)}

    def run(self, *arguments: str, text: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", "from app.cli import main; main()", *arguments],
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            check=False,
        )

    def json(self, *arguments: str, text: str = "") -> dict[str, Any]:
        done = self.run(*arguments, "--json", text=text)
        assert done.returncode == 0, done.stderr
        values: dict[str, Any] = json.loads(done.stdout)
        return values


def draw(folder: Path) -> Path:
    """Images with a red disc, a blue square, both or neither, and their table."""
    folder.mkdir()
    rows = []
    for number in range(COUNT):
        present = [name for bit, name in enumerate(COLOURS) if number >> bit & 1]
        image = Image.new("RGB", (96, 96), (230, 225, 215))
        pen = ImageDraw.Draw(image)
        if "red" in present:
            pen.ellipse((8 + number % 5, 10, 50, 52), fill=COLOURS["red"])
        if "blue" in present:
            pen.rectangle((48, 50 - number % 7, 90, 90), fill=COLOURS["blue"])
        image.putpixel((0, 0), (number, number, number))  # no two images are the same
        image.save(folder / f"{number:02}.png")
        rows.append([f"{number:02}.png", "|".join(present)])
    with (folder.parent / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["file", "label"], *rows[:-2]])
    return folder


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("cli") / "data")


@pytest.mark.enable_socket
def test_the_loop_from_the_command_line(shell: Shell, tmp_path: Path) -> None:
    images = draw(tmp_path / "images")
    account = shell.json(
        "user", "add", "ann@example.org", "--name", "Ann", "--password-stdin", text="long enough one\n"
    )
    assert account["email"] == "ann@example.org"
    assert shell.json("project", "create", "Cuts", "--labels", "red")["labels"] == ["red"]

    table = str(tmp_path / "labels.csv")
    first = shell.json("import", "Cuts", "--images", str(images), "--csv", table)
    assert (first["accepted"], first["duplicates"], first["refused"]) == (COUNT, 0, [])
    assert first["unknown_labels"] == ["blue"]
    again = shell.json("import", "Cuts", "--images", str(images), "--csv", table, "--create-labels")
    assert (again["accepted"], again["duplicates"], again["unknown_labels"]) == (0, COUNT, [])

    trained = shell.json("train", "Cuts", "--recipe", "quick", "--wait")
    assert trained["status"] == "succeeded"
    report = shell.json("evaluate", "Cuts", "--run", str(trained["run"]))
    assert {label["label"] for label in report["labels"]} == {"red", "blue"}
    assert set(report) == {
        "project", "run", "recipe", "n_validation", "labels",
        "macro_f1", "micro_f1", "macro_f1_at_half", "mean_average_precision",
    }  # fmt: skip
    assert set(report["labels"][0]) == {
        "label", "support", "threshold", "precision", "recall", "f1", "average_precision",
        "precision_interval", "recall_interval", "at_half",
    }  # fmt: skip

    out = tmp_path / "out.csv"
    shell.json("export", "Cuts", "--format", "csv", "--out", str(out))
    with out.open(newline="", encoding="utf-8") as stream:
        exported = {row["file"]: row["label"] for row in csv.DictReader(stream)}
    with Path(table).open(newline="", encoding="utf-8") as stream:
        given = {row["file"]: row["label"] for row in csv.DictReader(stream)}
    # What was not tagged is not there; what was looked at and shows nothing has an empty label.
    assert {file: set(label.split("|")) for file, label in exported.items()} == {
        file: set(label.split("|")) for file, label in given.items()
    }

    said = tmp_path / "said.csv"
    predicted = shell.json("predict", "Cuts", "--images", str(images), "--out", str(said))
    assert predicted["images"] == COUNT
    assert said.is_file()


def test_failures_end_with_one_sentence_and_no_trace(shell: Shell, tmp_path: Path) -> None:
    for arguments in (
        ("train", "Nowhere"),
        ("import", "Nowhere", "--images", str(tmp_path)),
        ("evaluate", "Nowhere"),
        ("export", "Nowhere", "--out", str(tmp_path / "x.csv")),
        ("predict", "Nowhere", "--images", str(tmp_path), "--out", str(tmp_path / "x.csv")),
    ):
        done = shell.run(*arguments)
        assert done.returncode != 0
        assert done.stdout == ""
        assert done.stderr.strip().splitlines() == ["There is no project “Nowhere”."]


def test_training_what_cannot_be_learned_is_refused(shell: Shell) -> None:
    shell.json("project", "create", "Empty", "--labels", "a,b")
    done = shell.run("train", "Empty", "--wait")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
