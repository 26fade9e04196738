"""Which split each image gets: what is looked at for it, and how the project's way of dividing decides."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import String, Text, cast, select, type_coerce
from sqlalchemy.orm import Session

from app.domain.joined_groups import joined_groups
from app.domain.matrices import UNKNOWN, Cells
from app.domain.split_names import split_named
from app.domain.splits import assign_splits, column_splits, random_splits
from app.domain.statuses import Split, SplitMethod, TruthValue
from app.models import Image, Label, Truth
from app.services.split_choices import FOLDER, SplitChoice

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
_SPLITS = {split.value: split for split in Split}


@dataclass(frozen=True, eq=False)
class Material:
    """What dividing looks at: row i of everything belongs to the image `ids[i]`; excluded images are not here.

    `truth` is int8 [n, L], 1 present, 0 or -1 otherwise; `known` is bool [n], whether anything is known of an image.
    `values` says what each image has of the chosen detail, None where it has none.
    """

    ids: npt.NDArray[np.int64]
    near_alike: tuple[str | None, ...]
    splits: tuple[Split | None, ...]
    values: tuple[str | None, ...]
    truth: Cells
    known: Flags

    @property
    def new(self) -> Flags:
        """Tell which images a training would give a split: those with an answer that have none, bool [n]."""
        return self.known & np.array([split is None for split in self.splits], dtype=np.bool_)


def value_of(image: Image, detail: str) -> str | None:
    """Say what an image has of a detail, or in which folder it came; None where that is nothing."""
    return _folder(image.name) if detail == FOLDER else image.details.get(detail) or None


def material_of(images: Sequence[Image], truth: Cells, choice: SplitChoice) -> Material:
    """Look at images that are at hand; `truth` is int8 [n, L], 1 present, 0 absent, -1 unknown."""
    return Material(
        ids=np.array([image.id for image in images], dtype=np.int64),
        near_alike=tuple(image.group_key for image in images),
        splits=tuple(image.split for image in images),
        values=tuple(value_of(image, choice.detail) if choice.detail else None for image in images),
        truth=truth,
        known=np.asarray((truth >= 0).any(axis=1), dtype=np.bool_),
    )


def read(session: Session, project_id: int, live: Sequence[Label], choice: SplitChoice) -> Material:
    """Look at a project's images, those that are not excluded, by id."""
    table = Image.__table__.c
    # Plain columns, and details only where they count: a large collection is read several times faster so.
    extra = [table.name, cast(table.details, Text)] if choice.detail else []
    columns = (table.id, table.group_key, type_coerce(table.split, String), *extra)
    query = select(*columns).where(table.project_id == project_id, table.excluded_at.is_(None)).order_by(table.id)
    rows = session.execute(query).all()
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    truth, known = _presence(session, ids, [label.id for label in live])
    return Material(
        ids=ids,
        near_alike=tuple(row[1] for row in rows),
        splits=tuple(None if row[2] is None else _SPLITS[row[2]] for row in rows),
        values=_values([(row[3], row[4]) for row in rows], choice.detail) if choice.detail else (None,) * len(rows),
        truth=truth,
        known=known,
    )


def groups_of(material: Material, choice: SplitChoice) -> Rows:
    """Number what stays together, int [n]: near-duplicates always, and images of one value where that was chosen."""
    return _joined(material.near_alike, material.values, choice)


def groups_among(images: Sequence[Image], choice: SplitChoice) -> Rows:
    """Number what stays together of images that are at hand, int [n], as `groups_of` does."""
    values = tuple(value_of(image, choice.detail) if choice.detail else None for image in images)
    return _joined(tuple(image.group_key for image in images), values, choice)


def divide(material: Material, choice: SplitChoice, *, anew: bool = False) -> list[Split | None]:
    """Say which split every image will have after a training; those that have one keep it, unless all get a new one.

    An image without an answer gets none.
    """
    held: list[Split | None] = [None] * len(material.ids) if anew else list(material.splits)
    # An image that has a split but no answer any more still holds its group in that split.
    counts = material.known | np.array([split is not None for split in held], dtype=np.bool_)
    rows = np.flatnonzero(counts).tolist()
    chosen = _divided(material, rows, [held[row] for row in rows], groups_of(material, choice)[rows].tolist(), choice)
    for row, split in zip(rows, chosen, strict=True):
        held[row] = split
    return held


def named_splits(material: Material, choice: SplitChoice) -> list[Split | None]:
    """Read which split the chosen column names for every image."""
    return [None if value is None else split_named(value, choice.detail) for value in material.values]


def _joined(near_alike: Sequence[str | None], values: Sequence[str | None], choice: SplitChoice) -> Rows:
    together = values if choice.method is SplitMethod.GROUPED else (None,) * len(near_alike)
    return joined_groups(near_alike, together)


def _divided(
    material: Material, rows: list[int], held: list[Split | None], groups: list[int], choice: SplitChoice
) -> list[Split]:
    if choice.method is SplitMethod.RANDOM:
        return random_splits(held, groups, choice.shares, choice.seed)
    truth = material.truth[rows]
    if choice.method is SplitMethod.COLUMN:
        named = named_splits(material, choice)
        return column_splits(truth, [named[row] for row in rows], held, groups, choice.shares, choice.seed)
    return assign_splits(truth, held, groups, choice.shares, choice.seed)


def _presence(session: Session, ids: npt.NDArray[np.int64], label_ids: list[int]) -> tuple[Cells, Flags]:
    """Read where labels are present, int8 [n, L], 0 elsewhere in known images and -1 in others, and which are known."""
    truth = np.full((len(ids), len(label_ids)), UNKNOWN, dtype=np.int8)
    known = np.zeros(len(ids), dtype=np.bool_)
    if not len(ids) or not label_ids:
        return truth, known
    table = Truth.__table__.c
    # The database compares its own text: making each value an enumeration would take most of the time.
    value = type_coerce(table.value, String)
    # Labels are the project's own, so that no image has to be looked up; excluded ones are left out below.
    query = select(table.image_id).where(table.label_id.in_(label_ids))
    found = session.scalars(query.where(value != TruthValue.DISPUTED.value).distinct()).all()
    known[np.isin(ids, np.array(found, dtype=np.int64))] = True
    truth[known] = 0
    cells = session.execute(query.add_columns(table.label_id).where(value == TruthValue.PRESENT.value)).all()
    columns = {label_id: column for column, label_id in enumerate(label_ids)}
    places = np.array([(image_id, columns[label_id]) for image_id, label_id in cells], dtype=np.int64).reshape(-1, 2)
    # An answer may come between two questions: then its image was not known a moment ago.
    places = places[np.isin(places[:, 0], ids[known])]
    truth[np.searchsorted(ids, places[:, 0]), places[:, 1]] = 1
    return truth, known


def _values(rows: list[tuple[str, str]], detail: str) -> tuple[str | None, ...]:
    if detail == FOLDER:
        return tuple(_folder(name) for name, _details in rows)
    # All details are decoded at once, in a fraction of the time that one by one takes.
    decoded: list[dict[str, str]] = json.loads(f"[{','.join(details for _name, details in rows)}]")
    return tuple(details.get(detail) or None for details in decoded)


def _folder(name: str) -> str | None:
    return name.rpartition("/")[0] or None
