"""A way of dividing to begin with, proposed for what the collection is, with the reason in numbers."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from app.domain.split_names import names_splits, split_named
from app.domain.statuses import Split, SplitMethod
from app.i18n import gettext as _
from app.models import Project
from app.services import facets, similarity
from app.services.similarity import Vectors
from app.services.split_choices import FOLDER
from app.services.split_plans import Material, Rows

# A column that leaves more images open is about something else.
NAMED_SHARE = 0.9
# Fewer values leave too few ways of dividing, and one this large fills a whole split.
FEWEST_VALUES, LARGEST_SHARE = 10, 0.3
# With fewer images of a value each, images hardly share one.
FEWEST_IMAGES_EACH = 1.5
# So many images tell the share of look-alikes to five points; comparing more takes longer and says no more.
LOOKED_AT = 400
# Where a third of the images has its nearest one in the same place, three times more than by chance, places count.
NEAR_SHARE, NEAR_LIFT = 0.33, 3.0


@dataclass(frozen=True)
class Aspect:
    """Something by which images may be told apart: a detail or their folder, and its value for each image."""

    detail: str
    name: str
    values: tuple[str | None, ...]

    @property
    def option(self) -> tuple[str, str]:
        """Give what a form sends for it, and what it is called."""
        return self.detail, self.name


@dataclass(frozen=True)
class Proposal:
    """A way of dividing, and why."""

    method: SplitMethod
    detail: str
    reason: str


def aspects(session: Session, project_id: int, material: Material) -> list[Aspect]:
    """List by what the images can be told apart: every detail, and the folder where there are any."""
    rows = {image_id: row for row, image_id in enumerate(material.ids.tolist())}
    found = []
    for facet in [*facets.facets(session, project_id, "detail"), *facets.facets(session, project_id, "folder")]:
        values: list[str | None] = [None] * len(rows)
        for image_id, value in zip(facet.image_ids, facet.values, strict=True):
            if image_id in rows:
                values[rows[image_id]] = value or None
        is_folder = facet.key == "folder"
        if any(values) or not is_folder:
            found.append(Aspect(FOLDER if is_folder else facet.name, facet.name, tuple(values)))
    return found


def propose(session: Session, project: Project, material: Material, known: list[Aspect]) -> Proposal:
    """Propose a column that divides the images already, else what holds look-alikes together, else stratification."""
    column = next((aspect for aspect in known if aspect.detail != FOLDER and _divides(aspect, material)), None)
    if column is not None:
        told = _("Your table divides the images already: its column “%(column)s” names a split for nearly all of them.")
        return Proposal(SplitMethod.COLUMN, column.detail, told % {"column": column.name})
    vectors = similarity.vectors(session, project)
    groupable = [aspect for aspect in known if _groups(aspect, material)]
    if vectors is not None and groupable:
        found = _by_likeness(material, vectors, groupable, project.seed)
        if found is not None:
            return found
    return Proposal(SplitMethod.STRATIFIED, "", _usual_reason(material, unknown=bool(groupable and vectors is None)))


def _usual_reason(material: Material, *, unknown: bool) -> str:
    groups = Counter(key for key, is_known in zip(material.near_alike, material.known, strict=True) if key and is_known)
    n_groups = sum(count > 1 for count in groups.values())
    reason = _("Every label keeps its share in each split, so that rare labels are there to learn and to measure.")
    if n_groups:
        told = _("Images that show nearly the same stay together (groups of them: %(count)s).")
        reason += " " + told % {"count": n_groups}
    if unknown:
        reason += " " + _("Which images look alike is still being found out; look here again in a minute.")
    return reason


def _divides(aspect: Aspect, material: Material) -> bool:
    """Tell whether a column names a split, by its name and by what it says."""
    if not names_splits(aspect.detail):
        return False
    named = [
        split_named(value or "", aspect.detail)
        for value, is_known in zip(aspect.values, material.known, strict=True)
        if is_known
    ]
    told = [split for split in named if split is not None]
    return bool(told) and len(told) >= NAMED_SHARE * len(named) and {Split.TRAIN, Split.VALIDATION} <= set(told)


def _groups(aspect: Aspect, material: Material) -> bool:
    """Tell whether images could be divided by what they have there."""
    given = [value for value, is_known in zip(aspect.values, material.known, strict=True) if value and is_known]
    counts = Counter(given)
    n = int(material.known.sum())
    enough = 2 * len(given) >= n and len(counts) >= FEWEST_VALUES and len(given) >= FEWEST_IMAGES_EACH * len(counts)
    return enough and max(counts.values()) <= LARGEST_SHARE * n


def _by_likeness(material: Material, vectors: Vectors, groupable: list[Aspect], seed: int) -> Proposal | None:
    """Propose the aspect in which most images agree with the image most like them, where that says much."""
    rows = np.flatnonzero(material.known & np.isin(material.ids, vectors.ids))
    if len(rows) < FEWEST_VALUES:
        return None
    looked_at, nearest = _nearest(material, vectors, rows, seed)
    shares = []
    for aspect in groupable:
        codes = _codes([aspect.values[row] for row in rows.tolist()])
        given = codes[looked_at] >= 0
        same = float((given & (codes[looked_at] == codes[nearest])).mean())
        chance = float(((np.bincount(codes[codes >= 0]) / len(codes)) ** 2).sum())
        if same >= max(NEAR_SHARE, NEAR_LIFT * chance):
            shares.append((same, chance, aspect))
    if not shares:
        return None
    same, chance, aspect = max(shares, key=lambda each: each[0])
    told = _(
        "Images with the same “%(name)s” look alike: of 100 images, %(same)s have the one most like them there (by "
        "chance it would be %(chance)s). Kept together, they cannot flatter the figures, and the model is measured on "
        "what it has not seen at all."
    )
    figures = {"name": aspect.name, "same": round(100 * same), "chance": round(100 * chance)}
    return Proposal(SplitMethod.GROUPED, aspect.detail, told % figures)


def _nearest(material: Material, vectors: Vectors, rows: Rows, seed: int) -> tuple[Rows, Rows]:
    """Draw some of the rows and find the one most like each, as places among them; near-duplicates do not count."""
    chosen = np.random.default_rng(seed).permutation(len(rows))[:LOOKED_AT]
    seen = vectors.vectors[np.searchsorted(vectors.ids, material.ids[rows])]
    alike = seen[chosen] @ seen.T
    keys = _codes([material.near_alike[row] for row in rows.tolist()])
    alike[(keys[chosen][:, None] == keys[None, :]) & (keys[None, :] >= 0)] = -np.inf
    alike[np.arange(len(chosen)), chosen] = -np.inf
    return chosen, alike.argmax(axis=1)


def _codes(values: list[str | None]) -> Rows:
    """Number values, -1 for none."""
    numbers: dict[str, int] = {}
    return np.array([-1 if each is None else numbers.setdefault(each, len(numbers)) for each in values], dtype=np.intp)
