"""What is noted of a computer: enough to tell why a result differs, nothing that tells whose it is."""

import getpass
import json
import os
import socket
from pathlib import Path

from worker import hardware


def test_what_a_result_may_depend_on_is_told() -> None:
    told = hardware.describe("cpu")
    assert told["cores"] == os.cpu_count()
    assert told["memory_bytes"] > 1 << 28
    assert told["processor"]
    assert (told["graphics"], told["precision"]) in {("", "bf16"), ("", "fp32")}


def test_nothing_tells_whose_computer_it_is() -> None:
    told = json.dumps(hardware.describe("cpu"))
    assert socket.gethostname() not in told
    assert str(Path.home()) not in told
    assert getpass.getuser() not in told.split('"')


def test_a_processor_that_does_not_name_itself_is_told_by_its_architecture(tmp_path: Path) -> None:
    nameless = tmp_path / "cpuinfo"
    nameless.write_text("processor\t: 0\nFeatures\t: fp asimd\n", encoding="utf-8")
    assert hardware.processor(nameless)
    named = tmp_path / "other"
    named.write_text("model name\t: Some Processor\n", encoding="utf-8")
    assert hardware.processor(named) == "Some Processor"
