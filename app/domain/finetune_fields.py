"""List the settings of the finetune recipe, as `worker.ml.finetune_config.FinetuneConfig` takes them."""

from app.domain.quick_fields import DEFAULT_BACKBONE
from app.domain.recipe_fields import Field, FieldGroup, FieldKind

# A hundred epochs of some hundred images take a laptop most of a day: more is a slip of the keyboard.
MOST_EPOCHS = 100

_CUSTOM = ("augment", "custom")

_NETWORK = (
    Field("backbone", FieldKind.NAME, DEFAULT_BACKBONE, FieldGroup.NETWORK),
    Field("pretrained", FieldKind.FLAG, True, FieldGroup.NETWORK, expert=True),
)

_IMAGES = (
    Field("size", FieldKind.INTEGER, 224, FieldGroup.IMAGES, low=28, high=768, step=4),
    Field("resize", FieldKind.CHOICE, "squish", FieldGroup.IMAGES, choices=("squish", "crop", "pad")),
    # More than four times the usual 224 pixels only fills the disk.
    Field("presize", FieldKind.INTEGER, None, FieldGroup.IMAGES, low=28, high=1024, step=4, optional=True, expert=True),
    # fastai's own least share, 0.08, cuts out a scrap that shows none of the labels; 0.2 is not yet that.
    Field("min_scale", FieldKind.NUMBER, 1.0, FieldGroup.IMAGES, low=0.2, high=1.0, step=0.05, expert=True),
    Field("batch_size", FieldKind.INTEGER, 32, FieldGroup.IMAGES, low=2, high=512, step=1, expert=True),
)

# The ranges end where a photograph is hard to recognise.
_AUGMENTATION = (
    Field(
        "augment",
        FieldKind.CHOICE,
        "lesson",
        FieldGroup.AUGMENTATION,
        choices=("lesson", "fastai", "none", "custom"),
    ),
    Field("flip", FieldKind.FLAG, True, FieldGroup.AUGMENTATION, needs=_CUSTOM),
    Field("flip_vertical", FieldKind.FLAG, False, FieldGroup.AUGMENTATION, needs=_CUSTOM),
    Field("rotate_degrees", FieldKind.NUMBER, 10.0, FieldGroup.AUGMENTATION, low=0, high=180, step=5, needs=_CUSTOM),
    Field("zoom_most", FieldKind.NUMBER, 1.1, FieldGroup.AUGMENTATION, low=1.0, high=2.0, step=0.05, needs=_CUSTOM),
    Field("warp", FieldKind.NUMBER, 0.2, FieldGroup.AUGMENTATION, low=0.0, high=0.5, step=0.05, needs=_CUSTOM),
    Field("lighting", FieldKind.NUMBER, 0.2, FieldGroup.AUGMENTATION, low=0.0, high=0.8, step=0.05, needs=_CUSTOM),
    Field("mixup", FieldKind.NUMBER, 0.0, FieldGroup.AUGMENTATION, low=0.0, high=1.0, step=0.1, expert=True),
)

_EPOCHS = (
    # The lesson trains five epochs frozen and four unfrozen.
    Field("epochs_frozen", FieldKind.INTEGER, 5, FieldGroup.EPOCHS, low=0, high=MOST_EPOCHS, step=1),
    Field("epochs_unfrozen", FieldKind.INTEGER, 4, FieldGroup.EPOCHS, low=0, high=MOST_EPOCHS, step=1),
    Field(
        "schedule",
        FieldKind.CHOICE,
        "one_cycle",
        FieldGroup.EPOCHS,
        choices=("one_cycle", "fine_tune"),
        expert=True,
    ),
    Field("early_stopping", FieldKind.FLAG, False, FieldGroup.EPOCHS, expert=True),
    Field(
        "patience",
        FieldKind.INTEGER,
        3,
        FieldGroup.EPOCHS,
        low=1,
        high=20,
        step=1,
        expert=True,
        needs=("early_stopping", "true"),
    ),
)

_RATE = (
    # Found by a mock training where none is given.
    Field("base_lr", FieldKind.NUMBER, None, FieldGroup.RATE, low=1e-6, high=1.0, optional=True, expert=True),
    Field(
        "rate_pick",
        FieldKind.CHOICE,
        "valley",
        FieldGroup.RATE,
        choices=("valley", "slide", "steep", "minimum"),
        expert=True,
    ),
    Field("find_again", FieldKind.FLAG, False, FieldGroup.RATE, expert=True),
    Field("unfrozen_lr", FieldKind.NUMBER, None, FieldGroup.RATE, low=1e-7, high=1.0, optional=True, expert=True),
    Field("body_share", FieldKind.NUMBER, None, FieldGroup.RATE, low=1e-4, high=1.0, optional=True, expert=True),
    Field("head_share", FieldKind.NUMBER, None, FieldGroup.RATE, low=0.01, high=10.0, optional=True, expert=True),
    Field("pct_start", FieldKind.NUMBER, None, FieldGroup.RATE, low=0.05, high=0.95, optional=True, expert=True),
    Field("div", FieldKind.NUMBER, None, FieldGroup.RATE, low=1.0, high=1000.0, optional=True, expert=True),
    Field("weight_decay", FieldKind.NUMBER, 0.01, FieldGroup.RATE, low=0.0, high=1.0, expert=True),
    # The cycle goes a tenth lower and comes back, as fastai's does from 0.95 to 0.85.
    Field("momentum", FieldKind.NUMBER, 0.95, FieldGroup.RATE, low=0.5, high=0.99, expert=True),
)

_LOSS = (
    Field(
        "loss",
        FieldKind.CHOICE,
        "bce",
        FieldGroup.LOSS,
        choices=("bce", "weighted_bce", "focal", "asymmetric"),
        expert=True,
    ),
    Field(
        "focal_gamma",
        FieldKind.NUMBER,
        2.0,
        FieldGroup.LOSS,
        low=0.0,
        high=5.0,
        step=0.5,
        expert=True,
        needs=("loss", "focal"),
    ),
    Field("label_smoothing", FieldKind.NUMBER, 0.0, FieldGroup.LOSS, low=0.0, high=0.3, step=0.05, expert=True),
)

_KEEPING = (
    Field("beta", FieldKind.NUMBER, 2.0, FieldGroup.KEEPING, low=0.25, high=4.0, step=0.25, expert=True),
    Field(
        "best_by",
        FieldKind.CHOICE,
        "macro_f1",
        FieldGroup.KEEPING,
        choices=("macro_f1", "valid_loss", "mean_average_precision", "f_beta"),
        expert=True,
    ),
    Field("precision", FieldKind.CHOICE, "auto", FieldGroup.KEEPING, choices=("auto", "full"), expert=True),
)

FINETUNE_FIELDS: tuple[Field, ...] = (
    *_NETWORK,
    *_IMAGES,
    *_AUGMENTATION,
    *_EPOCHS,
    *_RATE,
    *_LOSS,
    *_KEEPING,
)
