"""Making, naming, ordering and removing label groups, and putting labels into them; each step can be undone."""

from sqlalchemy.orm import Session

from app.domain.statuses import LabelChangeKind
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Label, LabelGroup, Project
from app.services import label_changes, label_fields, label_groups, labels
from app.services.label_changes import State

TITLE_MAX_LENGTH = 80


def get_group(session: Session, project_id: int, group_id: int) -> LabelGroup:
    """Load a group of a project."""
    group = session.get(LabelGroup, group_id)
    if group is None or group.project_id != project_id:
        raise NotFoundError
    return group


def make_group(
    session: Session, project: Project, *, title: str, exclusive: bool, account: Account | None
) -> LabelGroup:
    """Make an empty group at the end."""
    label_fields.lock(session, project.id)
    before, groups = arrangement(session, project.id), label_groups.groups_of(session, project.id)
    group = LabelGroup(
        project_id=project.id,
        title=_free_title(title, groups),
        exclusive=exclusive,
        position=max((each.position for each in groups), default=-1) + 1,
    )
    session.add(group)
    session.flush()  # labels are put into it by its id
    _record(session, project, before, account)
    return group


def change_group(
    session: Session, project: Project, group: LabelGroup, *, title: str, exclusive: bool, account: Account | None
) -> None:
    """Rename a group, or say whether its labels exclude each other; answers stay as they are."""
    label_fields.lock(session, project.id)
    before = arrangement(session, project.id)
    others = [each for each in label_groups.groups_of(session, project.id) if each.id != group.id]
    group.title, group.exclusive = _free_title(title, others), exclusive
    _record(session, project, before, account)


def remove_group(session: Session, project: Project, group: LabelGroup, account: Account | None) -> None:
    """Dissolve a group; its labels stay, without a title above them."""
    label_fields.lock(session, project.id)
    before = arrangement(session, project.id)
    _dissolve(session, project.id, group)
    _record(session, project, before, account)


def move_group(session: Session, project: Project, group: LabelGroup, step: int, account: Account | None) -> None:
    """Move a group up (-1) or down (+1) by one; at the ends nothing happens."""
    label_fields.lock(session, project.id)
    before, groups = arrangement(session, project.id), label_groups.groups_of(session, project.id)
    place = groups.index(group)
    target = min(max(place + step, 0), len(groups) - 1)
    groups.insert(target, groups.pop(place))
    for position, each in enumerate(groups):
        each.position = position
    _record(session, project, before, account)


def place_label(
    session: Session,
    project: Project,
    label: Label,
    *,
    group_id: int | None,
    before_id: int | None = None,
    account: Account | None,
) -> None:
    """Put a label into a group (None: into none), before another label of it or at its end."""
    label_fields.lock(session, project.id)
    if group_id is not None:
        get_group(session, project.id, group_id)
    order = [each.id for each in labels.live_labels(session, project.id) if each.id != label.id]
    if label.removed_at is not None or (before_id is not None and before_id not in order):
        raise ConflictError(_("The labels have changed meanwhile. Please load the page again."))
    order.insert(len(order) if before_id is None else order.index(before_id), label.id)
    if label.group_id == group_id:
        labels.reorder(session, project, order, account)
        return
    before = arrangement(session, project.id)
    label.group_id = group_id
    labels.put_in_order(session, project, order)
    _record(session, project, before, account, [label.id])


def arrangement(session: Session, project_id: int) -> State:
    """Describe the groups and who is in which; by titles, since a group that is made anew has another number."""
    groups = label_groups.groups_of(session, project_id)
    titles = {group.id: group.title for group in groups}
    members = {
        str(label.id): titles[label.group_id]
        for label in labels.live_labels(session, project_id)
        if label.group_id in titles
    }
    return {"groups": [[group.title, group.exclusive] for group in groups], "members": members}


def arrange(session: Session, project: Project, wanted: State) -> None:
    """Bring the groups into a state that was described before; labels that it does not know stay where they are."""
    groups = {group.title: group for group in label_groups.groups_of(session, project.id)}
    described: list[tuple[str, bool]] = [(title, exclusive) for title, exclusive in wanted["groups"]]
    for title in groups.keys() - {title for title, _exclusive in described}:
        _dissolve(session, project.id, groups.pop(title))
    for position, (title, exclusive) in enumerate(described):
        if title not in groups:
            groups[title] = LabelGroup(project_id=project.id, title=title)
            session.add(groups[title])
        groups[title].exclusive, groups[title].position = exclusive, position
    session.flush()  # labels are put into new groups by their ids
    members = wanted["members"]
    for label in labels.live_labels(session, project.id):
        title = members.get(str(label.id))
        label.group_id = groups[title].id if title else None
    session.flush()  # a list read next shows it


def _dissolve(session: Session, project_id: int, group: LabelGroup) -> None:
    for label in [*labels.live_labels(session, project_id), *labels.removed_labels(session, project_id)]:
        if label.group_id == group.id:
            label.group_id = None
    session.delete(group)
    session.flush()  # its title is free


def _record(
    session: Session, project: Project, before: State, account: Account | None, label_ids: list[int] | None = None
) -> None:
    session.flush()  # a list read next shows the change
    after = arrangement(session, project.id)
    if after != before:
        label_changes.record(
            session, project.id, LabelChangeKind.GROUP, before, after, label_ids=label_ids or [], account=account
        )


def _free_title(title: str, others: list[LabelGroup]) -> str:
    cleaned = " ".join(title.split())
    if not cleaned or len(cleaned) > TITLE_MAX_LENGTH or not cleaned.isprintable():
        sentence = _("Please give the group a title of at most %(count)s characters.") % {"count": TITLE_MAX_LENGTH}
        raise InvalidInputError(sentence, fields={"title": sentence})
    if cleaned in {other.title for other in others}:
        sentence = _("There is already a group “%(title)s”.") % {"title": cleaned}
        raise ConflictError(sentence, fields={"title": sentence})
    return cleaned
