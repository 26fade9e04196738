"""List the settings of the quick recipe, as `worker.ml.train.QuickConfig` takes them."""

from app.domain.recipe_fields import Field, FieldGroup, FieldKind

# The weights of this network come with the installation; every other one is fetched on first use.
DEFAULT_BACKBONE = "tf_efficientnet_lite0"

_NETWORK, _IMAGES, _HEAD = FieldGroup.NETWORK, FieldGroup.IMAGES, FieldGroup.HEAD

QUICK_FIELDS: tuple[Field, ...] = (
    Field("backbone", FieldKind.NAME, DEFAULT_BACKBONE, _NETWORK),
    Field("more_backbones", FieldKind.NAMES, [], _NETWORK, optional=True, expert=True),
    # Networks halve their maps five times over: sides are multiples of 32. None: as the network was trained.
    Field("size", FieldKind.INTEGER, None, _IMAGES, low=32, high=768, step=32, optional=True),
    Field("flips", FieldKind.FLAG, False, _IMAGES),
    Field("head", FieldKind.CHOICE, "linear", _HEAD, choices=("linear", "hidden")),
    Field(
        "hidden_units", FieldKind.INTEGER, 512, _HEAD, low=8, high=4096, step=8, expert=True, needs=("head", "hidden")
    ),
    Field("class_weights", FieldKind.CHOICE, "none", _HEAD, choices=("none", "balanced")),
    # As scikit-learn's C. None: chosen inside by cross-validation.
    Field("strength", FieldKind.NUMBER, None, _HEAD, low=0.01, high=1000, optional=True, expert=True),
    Field("folds", FieldKind.INTEGER, 5, _HEAD, low=2, high=20, step=1, expert=True),
)
