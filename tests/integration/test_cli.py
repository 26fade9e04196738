"""The command line from an empty folder to an export, as separate processes, with the workers it starts itself."""

import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from app.config import ROOT
from tests.drawings import draw_images, labels_of, read_table, write_table
from tests.processes import loupe_command

COUNT = 24
WAIT_SECONDS = 240


class Shell:
    """Runs `loupe` on a data folder of its own."""

    def __init__(self, data: Path) -> None:
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")}
        self.environment |= {"LOUPE_DATA": str(data), "PYTHONPATH": str(ROOT)}

    def run(self, *arguments: str, text: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*loupe_command(), *arguments],
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


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("cli") / "data")


@pytest.mark.enable_socket
def test_the_loop_from_the_command_line(shell: Shell, tmp_path: Path) -> None:
    images = tmp_path / "images"
    names = [file.name for file in draw_images(images, COUNT)]
    # The last two are not in the table: nobody has tagged them.
    given = {name: labels_of(number) for number, name in enumerate(names[:-2])}
    table = str(write_table(tmp_path / "labels.csv", given))
    account = shell.json(
        "user", "add", "ann@example.org", "--name", "Ann", "--password-stdin", text="long enough one\n"
    )
    assert account["email"] == "ann@example.org"
    assert shell.json("project", "create", "Cuts", "--labels", "red")["labels"] == ["red"]

    first = shell.json("import", "Cuts", "--images", str(images), "--csv", table)
    assert (first["accepted"], first["duplicates"], first["refused"]) == (COUNT, 0, [])
    assert first["unknown_labels"] == ["blue"]
    again = shell.json("import", "Cuts", "--images", str(images), "--csv", table, "--create-labels")
    assert (again["accepted"], again["duplicates"], again["unknown_labels"]) == (0, COUNT, [])

    settings = tmp_path / "plain.json"
    shell.json("configs", "save", "Cuts", "plain", "--recipe", "quick")
    shell.json("configs", "show", "Cuts", "plain", "--out", str(settings))
    trained = shell.json("train", "Cuts", "--config", str(settings), "--wait")
    assert trained["status"] == "succeeded"
    report = shell.json("evaluate", "Cuts", "--run", str(trained["run"]))
    assert {label["label"] for label in report["labels"]} == {"red", "blue"}
    assert set(report) == {
        "project", "run", "recipe", "threshold_set", "n_validation", "labels",
        "macro_f1", "micro_f1", "macro_f1_at_half", "mean_average_precision",
    }  # fmt: skip
    assert set(report["labels"][0]) == {
        "label", "support", "threshold", "precision", "recall", "f1", "average_precision",
        "precision_interval", "recall_interval", "at_half",
    }  # fmt: skip

    written = shell.json("runs", "file", "Cuts", "onnx", "--out", str(tmp_path))
    assert zipfile.is_zipfile(written["out"])
    listed = shell.json("runs", "list", "Cuts")["runs"]
    assert [(row["run"], row["active"], row["macro_f1"]) for row in listed] == [(1, True, report["macro_f1"])]

    out = tmp_path / "out.csv"
    shell.json("export", "Cuts", "--format", "csv", "--out", str(out))
    # What was not tagged is not there; what was looked at and shows nothing has an empty label.
    assert read_table(out.read_text(encoding="utf-8")) == {name: set(labels) for name, labels in given.items()}

    said = tmp_path / "said.csv"
    predicted = shell.json("predict", "Cuts", "--images", str(images), "--out", str(said))
    assert predicted["images"] == COUNT
    assert predicted["threshold_set"] == report["threshold_set"] == "run 1, threshold set 1"
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


def test_a_forgotten_password_is_set_anew(shell: Shell) -> None:
    shell.json("user", "add", "bea@example.org", "--name", "Bea", "--password-stdin", text="the first long one\n")
    done = shell.json("user", "password", "bea@example.org", "--password-stdin", text="the second long one\n")
    assert done == {"email": "bea@example.org"}
    refused = shell.run("user", "password", "nobody@example.org", "--password-stdin", text="whatever it may be\n")
    assert refused.returncode != 0
    assert "nobody@example.org" in refused.stderr
