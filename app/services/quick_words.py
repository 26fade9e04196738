"""What the settings of the quick recipe mean; each entry is a `recipe_words.FieldWords`."""

from typing import Any

from app.i18n import gettext as _


def quick_words() -> dict[str, dict[str, Any]]:
    """Give title, sentence, warning and choices of each setting, by name."""
    return {
        "backbone": {
            "title": _("Pretrained network"),
            "sentence": _(
                "The first one is always there. Any other network that timm knows, such as resnet34 or densenet121, is "
                "fetched from the internet on first use."
            ),
        },
    }
