"""Images that belong together and are, or would be, in different splits: what the model is then asked it has seen."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Split
from app.models import Image, Inspection, KeptReport, Project, Run
from app.services import facets, inspections, slices
from app.services.split_choices import FOLDER
from app.services.split_plans import Material

# Measured on 490 photographs of one archive: of the 15 pairs this alike that no hash had found, 13 show the same scene;
# of those between 0.65 and 0.7 few do.
SAME_SCENE = 0.75
# Gives what follows the address of the project's images, and what a set is called.
Told = Callable[[str], tuple[dict[str, str], str]]

# A screenful; who has more of them needs another way of dividing, not a longer list.
SHOWN = 12
# So many of one group are enough to see what it is.
PICTURES = 4


@dataclass(frozen=True)
class Straddle:
    """Images that belong together: how many are in each split, some of them, and where all of them are listed."""

    counts: dict[Split, int]
    image_ids: tuple[int, ...]
    # What follows the address of the project's images; empty where the pictures are all there is.
    query: dict[str, str]
    name: str = ""


@dataclass(frozen=True)
class Straddles:
    """How many sets of images straddle splits, of how many that have two or more images; and the largest of them."""

    total: int
    of: int
    shown: tuple[Straddle, ...]


def near_duplicates(material: Material, planned: Sequence[Split | None]) -> Straddles:
    """Find groups of images that show nearly the same and are in different splits."""
    return _torn(material, planned, material.near_alike, lambda key: ({"group": key}, ""))


def of_value(
    material: Material, planned: Sequence[Split | None], detail: str, values: Sequence[str | None]
) -> Straddles:
    """Find values of a detail (a source, a date, a folder) whose images are in different splits; one for each image."""

    def told(value: str) -> tuple[dict[str, str], str]:
        address = f"folder:{facets.short(value)}" if detail == FOLDER else slices.detail_address(detail, value)
        return {"slice": address}, value

    return _torn(material, planned, values, told)


def look_alikes(session: Session, project: Project, material: Material, planned: Sequence[Split | None]) -> Straddles:
    """Find pairs in different splits that look the same to the last run's network; near-duplicates are not repeated.

    Before a run has been inspected nobody knows, and nothing is found.
    """
    run_id = _inspected(session, project.id)
    rows = {image_id: row for row, image_id in enumerate(material.ids.tolist())}
    pairs: dict[tuple[int, int], float] = {}
    if run_id is not None:
        query = select(Inspection.image_id, Inspection.neighbours, Inspection.similarities)
        for image_id, near, alike in session.execute(query.where(Inspection.run_id == run_id)):
            likeness = np.frombuffer(alike, dtype="<f4")
            others = np.frombuffer(near, dtype=inspections.STORED_IDS)
            same = likeness >= SAME_SCENE
            for other, value in zip(others[same].tolist(), likeness[same].tolist(), strict=True):
                if image_id in rows and other in rows:
                    pairs[min(image_id, other), max(image_id, other)] = value
    torn = [pair for pair in pairs if _is_torn(material, planned, rows[pair[0]], rows[pair[1]])]
    shown = [
        Straddle(Counter(split for each in pair if (split := planned[rows[each]]) is not None), pair, {})
        for pair in sorted(torn, key=lambda pair: -pairs[pair])[:SHOWN]
    ]
    return Straddles(len(torn), len(pairs), tuple(shown))


def images_of(session: Session, found: Sequence[Straddles]) -> dict[int, Image]:
    """Load the images that are shown, by id."""
    ids = {image_id for each in found for straddle in each.shown for image_id in straddle.image_ids}
    return {image.id: image for image in session.scalars(select(Image).where(Image.id.in_(ids)))}


def _torn(material: Material, planned: Sequence[Split | None], names: Sequence[str | None], told: Told) -> Straddles:
    members: dict[str, list[int]] = defaultdict(list)
    for row, (name, split) in enumerate(zip(names, planned, strict=True)):
        if name is not None and split is not None:
            members[name].append(row)
    sets = {name: rows for name, rows in members.items() if len(rows) > 1}
    torn = [name for name, rows in sets.items() if len({planned[row] for row in rows}) > 1]
    shown = []
    for name in sorted(torn, key=lambda name: (-len(sets[name]), name))[:SHOWN]:
        counts = Counter(split for row in sets[name] if (split := planned[row]) is not None)
        query, title = told(name)
        shown.append(Straddle(dict(counts), _pictures(material, planned, sets[name]), query, title))
    return Straddles(len(torn), len(sets), tuple(shown))


def _pictures(material: Material, planned: Sequence[Split | None], rows: list[int]) -> tuple[int, ...]:
    """Choose some images of a set, from each split in turn."""
    by_split = [[row for row in rows if planned[row] is split] for split in Split]
    turns = [row for place in range(PICTURES) for part in by_split for row in part[place : place + 1]]
    return tuple(int(material.ids[row]) for row in turns[:PICTURES])


def _is_torn(material: Material, planned: Sequence[Split | None], one: int, other: int) -> bool:
    if planned[one] is None or planned[other] is None or planned[one] is planned[other]:
        return False
    return material.near_alike[one] is None or material.near_alike[one] != material.near_alike[other]


def _inspected(session: Session, project_id: int) -> int | None:
    query = select(Run.id).join(KeptReport, KeptReport.run_id == Run.id)
    query = query.where(Run.project_id == project_id, KeptReport.key == inspections.KEY)
    return session.scalar(query.order_by(Run.number.desc()).limit(1))
