"""Describe the settings of a recipe, and bring what somebody gave for them into the form in which a run keeps it.

What a setting means to people stands in `app.services.quick_words` and `app.services.finetune_words`; the training code
takes the same names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

# What a run keeps of a setting; JSON holds all of them.
Value = bool | int | float | str | list[str] | None
# No name of a network is longer, and nobody compares more of them in one go.
NAME_MOST, NAMES_MOST = 120, 8
_YES, _NO = frozenset({"true", "1", "on", "yes"}), frozenset({"false", "0", "off", "no"})


class FieldKind(StrEnum):
    """Say what a setting holds."""

    FLAG = "flag"
    INTEGER = "integer"
    NUMBER = "number"
    CHOICE = "choice"
    NAME = "name"
    NAMES = "names"


class FieldGroup(StrEnum):
    """Say under which heading a setting stands."""

    NETWORK = "network"
    HEAD = "head"
    IMAGES = "images"
    AUGMENTATION = "augmentation"
    EPOCHS = "epochs"
    RATE = "rate"
    LOSS = "loss"
    KEEPING = "keeping"


class Problem(StrEnum):
    """Say what is wrong with a value."""

    UNKNOWN = "unknown"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    OUT_OF_RANGE = "out_of_range"
    NOT_A_CHOICE = "not_a_choice"
    EMPTY = "empty"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of a recipe: its default, what it may be, and where it stands."""

    name: str
    kind: FieldKind
    default: Value
    group: FieldGroup
    # The sane range of a number, both ends included.
    low: float | None = None
    high: float | None = None
    # How far one step of a slider or an arrow key goes.
    step: float | None = None
    choices: tuple[str, ...] = ()
    # Nothing given means: found by the recipe itself.
    optional: bool = False
    # Folded away from whoever does not ask for it.
    expert: bool = False
    # Another setting and the value it must have for this one to mean anything; a flag is "true" or "false".
    needs: tuple[str, str] | None = None

    @property
    def is_slid(self) -> bool:
        """Tell whether the range is meant to be played with: by a slider beside the number."""
        return self.step is not None and self.low is not None and self.high is not None and not self.optional


class ProblemError(ValueError):
    """A value that its field does not take."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def defaults(fields: Sequence[Field]) -> dict[str, Value]:
    """Return what a recipe uses where nothing else is asked for."""
    return {field.name: _copied(field.default) for field in fields}


def clean(fields: Sequence[Field], given: Mapping[str, object]) -> tuple[dict[str, Value], dict[str, Problem]]:
    """Return all settings, completed by their defaults, and by name what is wrong with those that were given."""
    known = {field.name: field for field in fields}
    values, problems = defaults(fields), {}
    for name, raw in given.items():
        if name not in known:
            problems[name] = Problem.UNKNOWN
            continue
        try:
            values[name] = read(known[name], raw)
        except ProblemError as error:
            problems[name] = error.problem
    return values, problems


def read(field: Field, raw: object) -> Value:
    """Return a value as a run keeps it, from a form's text or a file's value.

    Raises:
        ProblemError: when the field does not take it.

    """
    text = raw.strip() if isinstance(raw, str) else raw
    if text is None or text in ("", []):
        if field.optional:
            return _copied(field.default) if field.kind is FieldKind.NAMES else None
        raise ProblemError(Problem.EMPTY)
    if field.kind is FieldKind.FLAG:
        return _flag(text)
    if field.kind in {FieldKind.INTEGER, FieldKind.NUMBER}:
        return _number(field, text)
    if field.kind is FieldKind.NAMES:
        return _names(text)
    name = _name(text)
    if field.kind is FieldKind.CHOICE and name not in field.choices:
        raise ProblemError(Problem.NOT_A_CHOICE)
    return name


def is_met(field: Field, values: Mapping[str, object]) -> bool:
    """Tell whether a setting means anything beside these values of the others."""
    if field.needs is None:
        return True
    name, wanted = field.needs
    value = values.get(name)
    return (str(value).lower() if isinstance(value, bool) else str(value)) == wanted


def _flag(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).lower()
    if word not in _YES | _NO:
        raise ProblemError(Problem.NOT_A_CHOICE)
    return word in _YES


def _number(field: Field, raw: object) -> int | float:
    try:
        # True is a number to Python, and a slip of the pen to everybody else.
        value = float("nan") if isinstance(raw, bool) else float(_with_point(field, str(raw)))
    except ValueError as error:
        raise ProblemError(Problem.NOT_A_NUMBER) from error
    if not isfinite(value):
        raise ProblemError(Problem.NOT_A_NUMBER)
    if field.kind is FieldKind.INTEGER and value != int(value):
        raise ProblemError(Problem.NOT_WHOLE)
    if (field.low is not None and value < field.low) or (field.high is not None and value > field.high):
        raise ProblemError(Problem.OUT_OF_RANGE)
    return int(value) if field.kind is FieldKind.INTEGER else value


def _with_point(field: Field, text: str) -> str:
    # Half the world writes 0,5; in a whole number a comma stands between thousands, and then nobody can tell.
    return text.replace(",", ".") if field.kind is FieldKind.NUMBER and text.count(",") == 1 else text


def _name(raw: object) -> str:
    if not isinstance(raw, str) or len(raw) > NAME_MOST or not raw.isprintable():
        raise ProblemError(Problem.NOT_A_CHOICE)
    return raw


def _names(raw: object) -> list[str]:
    parts = raw.split(",") if isinstance(raw, str) else list(raw) if isinstance(raw, (list, tuple)) else [raw]
    names = list(dict.fromkeys(name for name in (_name(part).strip() for part in parts) if name))
    if len(names) > NAMES_MOST:
        raise ProblemError(Problem.TOO_MANY)
    return names


def _copied(value: Value) -> Value:
    return list(value) if isinstance(value, list) else value
