"""Read the split that a cell of somebody's table names."""

from app.domain.statuses import Split

_NAMES = {
    Split.TRAIN: ("train", "training", "trainset", "trn", "learn"),
    Split.VALIDATION: ("validation", "valid", "val", "validate", "validset", "dev", "development"),
    Split.TEST: ("test", "testing", "testset", "tst", "holdout", "hold-out"),
}
_SPLITS = {name: split for split, names in _NAMES.items() for name in names}
# fastai's tables have a column `is_valid`, which says whether an image validates.
_IS_VALID = frozenset({"is_valid", "is valid", "valid", "is_validation", "validation"})
_YES, _NO = frozenset({"true", "1", "1.0", "yes", "y"}), frozenset({"false", "0", "0.0", "no", "n"})
# What a column that divides images is usually called.
_COLUMNS = frozenset({"split", "set", "subset", "partition", "fold", "usage", *_IS_VALID})


def split_named(text: str, column: str = "") -> Split | None:
    """Return the split that a text names, None where it names none.

    Besides the usual words, "true" and "false" count in a column that is called so that they answer whether an image
    validates.
    """
    word = text.strip().casefold()
    if column.strip().casefold() in _IS_VALID and word in _YES | _NO:
        return Split.VALIDATION if word in _YES else Split.TRAIN
    return _SPLITS.get(word)


def names_splits(column: str) -> bool:
    """Tell whether a column is called as those are that divide images."""
    return column.strip().casefold() in _COLUMNS
