from collections.abc import Iterator
from pathlib import Path

import pytest
import torch


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where converted weights are kept, once for all tests of a process."""
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(autouse=True, scope="session")
def one_core() -> Iterator[None]:
    """Networks this small gain nothing from a second core and lose much when another test wants it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
