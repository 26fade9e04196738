"""Changes of labels in words, as they are told in the list of changes and before they are made."""

from collections.abc import Callable, Mapping

from app.domain.statuses import LabelChangeKind
from app.i18n import gettext as _
from app.i18n import ngettext
from app.models import LabelChange
from app.services.label_changes import ChangeRow
from app.services.label_impacts import Impact

# Longer wordings are read on the label's page, version by version.
QUOTED = 80


def told(row: ChangeRow) -> str:
    """Say in a sentence what a change did."""
    return _WORDS[row.change.kind](row)


def of_impact(impact: Impact) -> str:
    """Say in a sentence how much hangs on a label."""
    if not impact.answers:
        said = _("Nobody has answered for it yet.")
    else:
        said = _("It has %(answers)s %(people)s in %(images)s.") % {
            "answers": ngettext("%(num)s answer", "%(num)s answers", impact.answers) % {"num": impact.answers},
            "people": _of_whom(impact),
            "images": ngettext("%(num)s image", "%(num)s images", impact.images) % {"num": impact.images},
        }
    if not impact.runs:
        return said
    known = ngettext(
        "%(num)s run has learned it and keeps its own wording.",
        "%(num)s runs have learned it and keep their own wordings.",
        len(impact.runs),
    ) % {"num": len(impact.runs)}
    return f"{said} {known}"


def _of_whom(impact: Impact) -> str:
    people = ngettext("of %(num)s person", "of %(num)s people", impact.people) % {"num": impact.people}
    if not impact.imported:
        return people
    return _("from tables") if not impact.people else _("%(people)s and from tables") % {"people": people}


def _added(row: ChangeRow) -> str:
    return _("Added %(names)s.") % {"names": _listed(row.change.after.get("names"))}


def _renamed(row: ChangeRow) -> str:
    return _("Renamed “%(before)s” to “%(after)s”.") % _values(row.change, "name")


def _recoloured(row: ChangeRow) -> str:
    return _("Gave “%(name)s” another colour.") % _name(row)


def _rekeyed(row: ChangeRow) -> str:
    key = row.change.after.get("key")
    if not key:
        return _("Took the key of “%(name)s” away.") % _name(row)
    return _("Gave “%(name)s” the key “%(key)s”.") % (_name(row) | {"key": str(key)})


def _described(row: ChangeRow) -> str:
    text = str(row.change.after.get("definition", ""))
    if not text:
        return _("Took the definition of “%(name)s” away.") % _name(row)
    return _("Defined “%(name)s”: %(text)s") % (_name(row) | {"text": _shortened(text)})


def _reordered(_row: ChangeRow) -> str:
    return _("Put the labels into another order.")


def _regrouped(row: ChangeRow) -> str:
    if row.labels:
        return _label_grouped(row)
    before, after = _titles(row.change.before), _titles(row.change.after)
    made, gone = [one for one in after if one not in before], [one for one in before if one not in after]
    if made and gone:
        return _("Renamed the group “%(before)s” to “%(after)s”.") % {"before": gone[0], "after": made[0]}
    if made:
        return _("Made the group “%(title)s”.") % {"title": made[0]}
    if gone:
        return _("Dissolved the group “%(title)s”.") % {"title": gone[0]}
    return _group_changed(before, after)


def _label_grouped(row: ChangeRow) -> str:
    members = row.change.after.get("members")
    title = members.get(str(row.labels[0].id)) if isinstance(members, Mapping) else None
    if title is None:
        return _("Took “%(name)s” out of its group.") % _name(row)
    return _("Put “%(name)s” into the group “%(title)s”.") % (_name(row) | {"title": str(title)})


def _group_changed(before: Mapping[str, bool], after: Mapping[str, bool]) -> str:
    changed = [one for one in after if after[one] != before[one]]
    if not changed:
        return _("Put the groups into another order.")
    if after[changed[0]]:
        return _("Let only one label of “%(title)s” be present.") % {"title": changed[0]}
    return _("Let several labels of “%(title)s” be present.") % {"title": changed[0]}


def _merged(row: ChangeRow) -> str:
    after = row.change.after
    return _("Merged “%(source)s” into “%(into)s”.") % {"source": after.get("source"), "into": after.get("into")}


def _split(row: ChangeRow) -> str:
    after = row.change.after
    return _("Split “%(source)s” into %(names)s.") % {
        "source": after.get("source"),
        "names": _listed(after.get("names")),
    }


def _archived(row: ChangeRow) -> str:
    return _("Archived “%(name)s”.") % _name(row)


def _restored(row: ChangeRow) -> str:
    return _("Brought “%(name)s” back.") % _name(row)


def _name(row: ChangeRow) -> dict[str, str]:
    return {"name": row.labels[0].name if row.labels else _("a label")}


def _values(change: LabelChange, field: str) -> dict[str, object]:
    return {"before": change.before.get(field), "after": change.after.get(field)}


def _titles(state: Mapping[str, object]) -> dict[str, bool]:
    groups = state.get("groups")
    return {str(title): bool(exclusive) for title, exclusive in groups} if isinstance(groups, list) else {}


def _listed(names: object) -> str:
    return ", ".join(f"“{name}”" for name in names) if isinstance(names, list) else ""


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= QUOTED else f"{line[: QUOTED - 1]}…"


_WORDS: Mapping[LabelChangeKind, Callable[[ChangeRow], str]] = {
    LabelChangeKind.ADD: _added,
    LabelChangeKind.RENAME: _renamed,
    LabelChangeKind.RECOLOUR: _recoloured,
    LabelChangeKind.KEY: _rekeyed,
    LabelChangeKind.DESCRIBE: _described,
    LabelChangeKind.REORDER: _reordered,
    LabelChangeKind.GROUP: _regrouped,
    LabelChangeKind.MERGE: _merged,
    LabelChangeKind.SPLIT: _split,
    LabelChangeKind.ARCHIVE: _archived,
    LabelChangeKind.RESTORE: _restored,
}
