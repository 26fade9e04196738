"""The words that go with a model to other programs: what it is, how it is loaded, what it was made for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.i18n import gettext as _


@dataclass(frozen=True)
class ModelFacts:
    """What is to be said of a model; `thresholds` go with `labels`, and are empty where labels exclude each other."""

    project: str
    run: int
    labels: Sequence[str]
    thresholds: Sequence[float]
    size: int
    views: Sequence[str]
    interpolation: str
    backbone: str
    versions: Mapping[str, str] = field(default_factory=dict)


def weights_readme(facts: ModelFacts) -> str:
    """Say how the weights are used in plain PyTorch."""
    return joined(
        _head(facts),
        _("## Use it"),
        _code(
            f"pip install {_pinned(facts, 'torch', 'torchvision', 'timm', 'safetensors', 'numpy', 'pillow')}",
            "python loupe_model.py photograph.jpg",
        ),
        _("or from a program:"),
        _code(
            "from loupe_model import load_model, read_views",
            'model = load_model("folder of this file")',
            'pixels = read_views("photograph.jpg", model.transform, model.views)[None]',
            "probabilities = model(pixels)[0]",
        ),
        _(
            "`weights.safetensors` holds what was learned, `manifest.json` says what it is, `thresholds.json` from "
            "which probability on a label counts. For a model on a frozen network, `backbone.safetensors` is that "
            "network."
        ),
        _reading(facts),
    )


def onnx_readme(facts: ModelFacts, differs: float, images: int) -> str:
    """Say how the ONNX file is used."""
    return joined(
        _head(facts),
        _("## Use it"),
        _code("pip install onnxruntime numpy pillow", "python predict_onnx.py photograph.jpg"),
        _(
            "The input `pixels` is float32 [n, %(views)s, 3, %(size)s, %(size)s], RGB from 0 to 255; it is normalised "
            "inside. The output `probabilities` is float32 [n, %(labels)s]. Labels, thresholds and how images are read "
            "stand in the file's metadata under `loupe`, as JSON."
        )
        % {"views": len(facts.views), "size": facts.size, "labels": len(facts.labels)},
        _(
            "Before it was offered, the file was loaded and asked about %(count)s images: its probabilities differ "
            "from PyTorch's by at most %(most)s."
        )
        % {"count": images, "most": f"{differs:.1e}"},
        _reading(facts),
    )


def fastai_readme(facts: ModelFacts) -> str:
    """Say how the Learner is used in fastai."""
    return joined(
        _head(facts),
        _("## Use it"),
        _code(
            f"pip install {_pinned(facts, 'fastai', 'timm', 'torch', 'torchvision')}",
        ),
        _code(
            "from pathlib import Path",
            "from fastai.learner import load_learner",
            'learn = load_learner("export.pkl")',
            'labels, flags, probabilities = learn.predict(Path("photograph.jpg"))',
        ),
        _(
            "**This file is a pickle: loading one runs whatever is written in it.** Load only files that you made "
            "yourself or that come from people you trust. Loupe makes such files and never loads one."
        ),
        _reading(facts),
    )


def _head(facts: ModelFacts) -> str:
    title = _("# Run %(number)s of “%(project)s”") % {"number": facts.run, "project": plain(facts.project)}
    if facts.thresholds:
        listed = "\n".join(
            f"- {plain(label)}: {value:.4g}" for label, value in zip(facts.labels, facts.thresholds, strict=True)
        )
        told = _("It gives each of these labels a probability; from its threshold on, a label counts:")
    else:
        listed = "\n".join(f"- {plain(label)}" for label in facts.labels)
        told = _("It shares one probability among these labels, of which exactly one applies to an image:")
    what = _("An image classifier trained with Loupe on the network %(name)s.") % {"name": facts.backbone}
    return joined(title, what, told, listed).strip()


def _reading(facts: ModelFacts) -> str:
    return _(
        "## How images are read\n\nTurned upright as the camera noted, as RGB, brought to %(size)s by %(size)s pixels "
        "(%(method)s) in these views: %(views)s. Loupe itself reads its own versions of at most 2048 pixels and may "
        "reckon in half precision: on an original file, probabilities can differ from those shown there in the third "
        "decimal."
    ) % {"size": facts.size, "method": facts.interpolation, "views": ", ".join(facts.views)}


def _pinned(facts: ModelFacts, *packages: str) -> str:
    versions = {name: f"=={version.split('+')[0]}" for name, version in facts.versions.items()}
    return " ".join(f"{name}{versions.get(name, '')}" for name in packages)


def _code(*lines: str) -> str:
    return "\n".join(f"    {line}" for line in lines)


def joined(*paragraphs: str) -> str:
    """Put paragraphs one below the other."""
    return "\n\n".join(paragraphs) + "\n"


def plain(text: str) -> str:
    """Keep a name from being read as Markdown."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|" else letter for letter in " ".join(text.split()))
