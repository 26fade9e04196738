"""Bring the code that is written into files for other programs into a form that names nothing of this computer."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import InspectLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle

from worker.ml.files import full_disk_explained

_FOLDER = Path(__file__).parent
# As the file is called where somebody has downloaded it.
MODEL = "loupe_model"
PARTS = "loupe_parts"


@dataclass(frozen=True)
class Alone:
    """Hold `worker.ml.portable` and `worker.ml.fastai_parts` as modules that know neither Loupe nor its folder."""

    model: Any
    parts: Any


class _Text(InspectLoader):
    """Load a module from a text, so that its functions do not remember a path."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 - the loader's own signature
        """Give the text."""
        return self.text


@contextmanager
def standing_alone() -> Iterator[Alone]:
    """Give both modules, to be written into pickles as they are and not by their names, while it lasts."""
    texts = {
        MODEL: (_FOLDER / "portable.py").read_text(encoding="utf-8"),
        PARTS: (_FOLDER / "fastai_parts.py").read_text(encoding="utf-8").replace("worker.ml.portable", MODEL),
    }
    try:
        made = {name: _loaded(name, text) for name, text in texts.items()}
        for module in made.values():
            cloudpickle.register_pickle_by_value(module)
        with full_disk_explained():
            yield Alone(made[MODEL], made[PARTS])
        for module in made.values():
            cloudpickle.unregister_pickle_by_value(module)
    finally:
        for name in texts:
            sys.modules.pop(name, None)


def _loaded(name: str, text: str) -> ModuleType:
    loader = _Text(text)
    spec = spec_from_loader(name, loader)
    if spec is None:
        raise ImportError(name)
    module = module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    return module
