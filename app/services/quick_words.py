"""What the settings of the quick recipe mean; each entry is a `recipe_words.FieldWords`."""

from typing import Any

from app.i18n import gettext as _


def quick_words() -> dict[str, dict[str, Any]]:
    """Give title, sentence, warning and choices of each setting, by name."""
    return {**_network_words(), **_head_words()}


def _network_words() -> dict[str, dict[str, Any]]:
    return {
        "backbone": {
            "title": _("Pretrained network"),
            "sentence": _(
                "The first one is always there. Any other network that timm knows, such as resnet34 or densenet121, is "
                "fetched from the internet on first use."
            ),
        },
        "more_backbones": {
            "title": _("Further networks to try"),
            "sentence": _(
                "Each is tried on the training images, and the best of all is kept. Put commas between their names."
            ),
            "warning": _("Every network has to look at all training images once, which takes a while the first time."),
        },
        "size": {
            "title": _("Image size"),
            "sentence": _(
                "Side of the square that the network sees, in pixels. Left empty, it is what the network was made for."
            ),
            "warning": _("Larger shows small things better and takes longer: twice the side, four times as long."),
        },
        "flips": {
            "title": _("Look at mirrored images too"),
            "sentence": _(
                "What the network sees in an image and in its mirror image is averaged; takes twice as long."
            ),
            "warning": _("Of no use where left and right matter, as in lettering and maps."),
        },
    }


def _head_words() -> dict[str, dict[str, Any]]:
    return {
        "head": {
            "title": _("Head"),
            "sentence": _("What turns the things that the network sees into your labels."),
            "warning": _("A hidden layer needs some hundred tagged images to be better than none."),
            "choices": {
                "linear": _("linear: each thing seen speaks for or against a label"),
                "hidden": _("one hidden layer: things seen together can count too"),
            },
        },
        "hidden_units": {
            "title": _("Units of the hidden layer"),
            "sentence": _("How many combinations of things it can learn. More takes longer."),
        },
        "class_weights": {
            "title": _("Weight of rare labels"),
            "sentence": _("Whether the few images that show a rare label count as much as the many that do not."),
            "warning": _(
                "Balanced, probabilities no longer say how often a label is right: more is found, more wrongly."
            ),
            "choices": {"none": _("every image counts alike"), "balanced": _("balanced: both sides count alike")},
        },
        "strength": {
            "title": _("Freedom of the head"),
            "sentence": _(
                "The opposite of weight decay, as scikit-learn's C: small is cautious, large follows every training "
                "image. Left empty, the best is looked for on the training images."
            ),
        },
        "folds": {
            "title": _("Parts of the training images"),
            "sentence": _(
                "Each part is predicted by a head that has learned the others only. More parts take longer and are "
                "nearer to what the head that is kept can do."
            ),
        },
    }
