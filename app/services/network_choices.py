"""The networks that a form offers by name, each with its size and with where its weights are."""

import re
from dataclasses import dataclass

from app.domain.architectures import ARCHITECTURES, Architecture, WeightsFrom
from app.domain.statuses import Recipe
from app.i18n import gettext as _
from app.storage import Storage

# As worker.ml.backbones keeps them: the name, and the digest of what is in the file.
_KEPT = re.compile(r"(.+)-[0-9a-f]{64}\.safetensors")


@dataclass(frozen=True)
class NetworkChoice:
    """A network that can be chosen, and what to know before choosing it."""

    name: str
    words: str


def network_choices(recipe: Recipe, storage: Storage) -> list[NetworkChoice]:
    """List the networks that a recipe can use; any other that timm knows may be named too."""
    here = {found[1] for path in storage.backbones.glob("*.safetensors") if (found := _KEPT.fullmatch(path.name))}
    return [
        NetworkChoice(each.name, _words(each, is_here=each.name in here))
        for each in ARCHITECTURES
        if each.is_quick or recipe is not Recipe.QUICK
    ]


def _words(each: Architecture, *, is_here: bool) -> str:
    weights = {
        WeightsFrom.INSTALLED: _("comes with Loupe"),
        WeightsFrom.FETCHED: _("fetched from the internet on first use"),
        WeightsFrom.NOWHERE: _("learns from your images alone"),
    }
    return _("%(title)s · %(count)s million parameters · %(weights)s") % {
        "title": each.title,
        "count": f"{each.millions:g}",
        "weights": _("already fetched") if is_here and each.weights is WeightsFrom.FETCHED else weights[each.weights],
    }
