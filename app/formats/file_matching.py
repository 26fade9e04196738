"""Find the image that a row of a CSV means, though its path may be written differently."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.formats.labels_csv import LabelRow, RowRefusal
from app.i18n import gettext as _
from app.i18n import ngettext

# How surely a row means an image: the same name, the same path but for how it is written (slashes, capitals, a folder
# in front), or the same base name in another folder. A surer row goes first.
_SAME, _SAME_PATH, _SAME_BASE = range(3)


@dataclass(frozen=True)
class Matches:
    """Rows by the name of the image they mean, refused rows, and the images that no row means (not tagged)."""

    matched: dict[str, LabelRow]
    refused: list[RowRefusal]
    notes: list[str]
    unmatched: list[str]


@dataclass(frozen=True)
class _Found:
    row: LabelRow
    name: str
    surety: int


def match_files(rows: Iterable[LabelRow], names: Sequence[str]) -> Matches:
    """Match rows to images by relative path, else by base name where that leaves no doubt."""
    by_base: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_base[_parts(name)[-1].casefold()].append(name)
    known = set(names)
    found: list[_Found] = []
    refused: list[RowRefusal] = []
    for row in rows:
        result = _find(row, known, by_base)
        if isinstance(result, _Found):
            found.append(result)
        else:
            refused.append(RowRefusal(row.line, result))
    matched, more_refused = _claim(found)
    loose = sum(1 for each in found if each.surety == _SAME_BASE and matched.get(each.name) is each.row)
    notes = []
    if loose:
        notes.append(
            ngettext(
                "%(count)s row was matched by the name of its file alone; the folder differs.",
                "%(count)s rows were matched by the names of their files alone; the folders differ.",
                loose,
            )
            % {"count": loose}
        )
    refused = sorted([*refused, *more_refused], key=lambda refusal: refusal.row)
    return Matches(matched, refused, notes, [name for name in names if name not in matched])


def _claim(found: list[_Found]) -> tuple[dict[str, LabelRow], list[RowRefusal]]:
    """Give each image one row; the surest counts, and one that says the same is no conflict."""
    matched: dict[str, LabelRow] = {}
    refused: list[RowRefusal] = []
    for each in sorted(found, key=lambda one: (one.surety, one.row.line)):
        earlier = matched.setdefault(each.name, each.row)
        if set(earlier.labels) != set(each.row.labels):
            reason = _("Row %(row)s means the same image, “%(name)s”, with other labels; that row counts.")
            refused.append(RowRefusal(each.row.line, reason % {"row": earlier.line, "name": each.name}))
    return matched, refused


def _find(row: LabelRow, known: set[str], by_base: dict[str, list[str]]) -> _Found | str:
    """Find the image of a row, or say why there is none."""
    if row.file in known:
        return _Found(row, row.file, _SAME)
    wanted = _parts(row.file)
    candidates = by_base.get(wanted[-1].casefold(), [])
    if not candidates:
        return _("No image is called “%(file)s”.") % {"file": row.file}
    ranked = sorted(((_likeness(wanted, _parts(name)), name) for name in candidates), reverse=True)
    best = [name for likeness, name in ranked if likeness == ranked[0][0]]
    if len(best) > 1:
        return _("“%(file)s” could be any of: %(names)s. Write the path that tells them apart.") % {
            "file": row.file,
            "names": ", ".join(sorted(best)[:3]),
        }
    shared = ranked[0][0][0]
    whole = shared == min(len(wanted), len(_parts(best[0])))
    return _Found(row, best[0], _SAME_PATH if whole else _SAME_BASE)


def _parts(name: str) -> tuple[str, ...]:
    """Split a path, however it is written, into its parts."""
    tidy = unicodedata.normalize("NFC", name).replace("\\", "/").strip()
    return tuple(part for part in PurePosixPath(tidy).parts if part != "/") or ("",)


def _likeness(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[int, int]:
    """Count the parts that agree from the end, first without regard to capitals, then with."""
    shared = exact = 0
    for mine, theirs in zip(reversed(one), reversed(other), strict=False):
        if mine.casefold() != theirs.casefold():
            break
        shared += 1
        exact += mine == theirs
    return shared, exact
