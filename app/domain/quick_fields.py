"""List the settings of the quick recipe, as `worker.ml.train.QuickConfig` takes them."""

from app.domain.recipe_fields import Field, FieldGroup, FieldKind

# The weights of this network come with the installation; every other one is fetched on first use.
DEFAULT_BACKBONE = "tf_efficientnet_lite0"

QUICK_FIELDS: tuple[Field, ...] = (Field("backbone", FieldKind.NAME, DEFAULT_BACKBONE, FieldGroup.NETWORK),)
