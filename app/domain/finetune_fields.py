"""List the settings of the finetune recipe, as `worker.ml.finetune.FinetuneConfig` takes them."""

from app.domain.quick_fields import DEFAULT_BACKBONE
from app.domain.recipe_fields import Field, FieldGroup, FieldKind

# A hundred epochs of some hundred images take a laptop most of a day: more is a slip of the keyboard.
MOST_EPOCHS = 100

FINETUNE_FIELDS: tuple[Field, ...] = (
    Field("backbone", FieldKind.NAME, DEFAULT_BACKBONE, FieldGroup.NETWORK),
    Field("size", FieldKind.INTEGER, 224, FieldGroup.IMAGES, low=28, high=768, step=4),
    Field("batch_size", FieldKind.INTEGER, 32, FieldGroup.IMAGES, low=2, high=512, step=1, expert=True),
    Field("augment", FieldKind.CHOICE, "lesson", FieldGroup.AUGMENTATION, choices=("lesson", "none")),
    # The lesson trains five epochs frozen and four unfrozen.
    Field("epochs_frozen", FieldKind.INTEGER, 5, FieldGroup.EPOCHS, low=0, high=MOST_EPOCHS, step=1),
    Field("epochs_unfrozen", FieldKind.INTEGER, 4, FieldGroup.EPOCHS, low=0, high=MOST_EPOCHS, step=1),
    # Found by a mock training where none is given.
    Field("base_lr", FieldKind.NUMBER, None, FieldGroup.RATE, low=1e-6, high=1.0, optional=True, expert=True),
)
