"""What the settings of the finetune recipe mean; each entry is a `recipe_words.FieldWords`."""

from typing import Any

from app.i18n import gettext as _


def finetune_words() -> dict[str, dict[str, Any]]:
    """Give title, sentence, warning and choices of each setting, by name."""
    return {
        "backbone": {
            "title": _("Pretrained network"),
            "sentence": _(
                "The first one is always there. Any other network that timm knows, such as resnet34 or densenet121, is "
                "fetched from the internet on first use."
            ),
        },
        "size": {
            "title": _("Image size"),
            "sentence": _(
                "Side of the square that the network sees, in pixels. Twice the side takes four times as long."
            ),
        },
        "batch_size": {
            "title": _("Batch size"),
            "sentence": _("How many images are learned from at once. Where memory runs out it is halved by itself."),
        },
        "augment": {
            "title": _("Changes to training images"),
            "sentence": _("Turned, zoomed and mirrored at random, so that the network sees each image a little new."),
            "warning": _("Mirrored or turned lettering and maps teach the network what never occurs."),
            "choices": {"lesson": _("as in the lesson: turn, zoom, flip"), "none": _("none")},
        },
        "epochs_frozen": {
            "title": _("Epochs with the network frozen"),
            "sentence": _("An epoch is one pass over all training images. Only the last layer learns."),
        },
        "epochs_unfrozen": {
            "title": _("Epochs with all of it learning"),
            "sentence": _("Slow and gentle, after the frozen ones."),
        },
        "base_lr": {
            "title": _("Learning rate"),
            "sentence": _("How far each step goes. Left empty, a short mock training looks for it."),
        },
    }
