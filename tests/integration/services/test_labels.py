"""Labels: names, keys, colours, wordings, order, removal, counts."""

import pytest
from sqlalchemy.orm import Session

from app.domain.keys import LABEL_KEYS, RESERVED_KEYS, free_keys
from app.domain.palette import PALETTE
from app.domain.statuses import Answer, TruthValue
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.models import Label, Project, Truth
from app.models.types import now
from app.services import label_changes, label_wordings, labels
from tests.factories import AccountFactory, ImageFactory, ProjectFactory, annotate


@pytest.fixture
def project(session: Session) -> Project:
    made: Project = ProjectFactory.create(session=session)
    return made


def make(session: Session, project: Project, *names: str) -> list[Label]:
    return [labels.create_label(session, project, name=name) for name in names]


def names(session: Session, project: Project) -> list[str]:
    return [label.name for label in labels.live_labels(session, project.id)]


def update(session: Session, label: Label, **changes: str) -> None:
    fields = {"name": label.name, "colour": label.colour, "key": label.key, "definition": label.definition} | changes
    labels.update_label(session, label, **fields, account=None)


def test_no_label_key_is_one_of_the_desks_own() -> None:
    assert not set(LABEL_KEYS) & RESERVED_KEYS
    assert LABEL_KEYS[:9] == tuple("123456789")
    assert all(len(key) == 1 for key in LABEL_KEYS)
    assert free_keys({"1", "3"})[:2] == ["2", "4"]


def test_colours_and_keys_are_chosen_among_the_free_ones(session: Session, project: Project) -> None:
    made = make(session, project, *[f"label {number}" for number in range(40)])
    assert [label.colour for label in made[:12]] == list(PALETTE)
    assert made[12].colour == PALETTE[0]
    keys = [label.key for label in made]
    assert keys[: len(LABEL_KEYS)] == list(LABEL_KEYS)
    assert set(keys[len(LABEL_KEYS) :]) == {""}
    assert [label.position for label in made] == list(range(40))


def test_chosen_colour_and_key_are_kept(session: Session, project: Project) -> None:
    label = labels.create_label(session, project, name="animal", colour="plum", key="A", definition=" a beast \n")
    assert (label.colour, label.key, label.definition, label.definition_version) == ("plum", "a", "a beast", 1)


@pytest.mark.parametrize("key", ["n", "s", "b", "u", "z", "d", "g", "f", "?", "0", "+", "-", "Enter", "ä", "ab"])
def test_reserved_and_impossible_keys_are_refused(session: Session, project: Project, key: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        labels.create_label(session, project, name="animal", key=key)
    assert "key" in refusal.value.fields


def test_taken_names_and_keys_are_refused(session: Session, project: Project) -> None:
    _human, animal = make(session, project, "human", "animal")
    with pytest.raises(ConflictError):
        make(session, project, " human ")
    with pytest.raises(ConflictError) as refusal:
        update(session, animal, key="1")
    assert "human" in refusal.value.fields["key"]
    with pytest.raises(ConflictError):
        update(session, animal, name="human")


@pytest.mark.parametrize("name", ["", "  ", "a|b", "a\nb", "x" * 81, "\u202eevil"])
def test_names_that_no_table_could_carry_are_refused(session: Session, project: Project, name: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        make(session, project, name)
    assert "name" in refusal.value.fields


def test_an_unknown_colour_is_refused(session: Session, project: Project) -> None:
    with pytest.raises(InvalidInputError):
        labels.create_label(session, project, name="animal", colour="#ff0000")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("human, animal", ["human", "animal"]),
        ("human\r\nanimal\n\n human-structure ", ["human", "animal", "human-structure"]),
        ("a;b,,a", ["a", "b"]),
        ("  ", []),
    ],
)
def test_quickly_typed_labels_are_read(text: str, expected: list[str]) -> None:
    assert labels.split_names(text) == expected


def test_a_quickly_typed_list_says_which_name_is_at_fault(session: Session, project: Project) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        labels.create_labels(session, project, "human, a|b", None)
    assert "a|b" in refusal.value.fields["labels"]


def test_another_wording_is_another_version_and_the_old_one_stays(session: Session, project: Project) -> None:
    account = AccountFactory.create(session=session)
    label = labels.create_label(session, project, name="human", definition="a person", account=account)
    update(session, label, name="people")
    assert label.definition_version == 1
    update(session, label, definition="a person, or a part of one")
    assert label.definition_version == 2
    history = label_wordings.history(session, label)
    assert [(one.definition.version, one.definition.text) for one in history] == [
        (2, "a person, or a part of one"),
        (1, "a person"),
    ]
    assert [one.who for one in history] == ["", account.name]


def test_each_change_is_written_down_with_what_was_before(session: Session, project: Project) -> None:
    account = AccountFactory.create(session=session)
    label = labels.create_label(session, project, name="human", definition="a person", account=account)
    labels.update_label(session, label, name="people", colour="plum", key="p", definition="persons", account=account)
    rows = label_changes.changes_of(session, project.id, label.id)
    assert [row.change.kind for row in rows] == ["describe", "key", "recolour", "rename", "add"]
    assert rows[3].change.before == {"name": "human"}
    assert rows[3].change.after == {"name": "people", "labels": [label.id]}
    assert rows[3].who == account.name
    update(session, label)
    assert len(label_changes.changes_of(session, project.id)) == len(rows)


def test_putting_labels_in_order_is_one_change_however_many_steps_it_takes(session: Session, project: Project) -> None:
    a, b, c = make(session, project, "a", "b", "c")
    labels.move_label(session, project, c, -1)
    labels.move_label(session, project, c, -1)
    (row,) = [each.change for each in label_changes.changes_of(session, project.id) if each.change.kind == "reorder"]
    assert (row.before["order"], row.after["order"]) == ([a.id, b.id, c.id], [c.id, a.id, b.id])


def test_a_label_moves_among_those_of_its_group(session: Session, project: Project) -> None:
    a, b, c = make(session, project, "a", "b", "c")
    a.group_id = c.group_id = 1
    session.flush()
    labels.move_label(session, project, c, -1)
    assert names(session, project) == ["c", "b", "a"]
    labels.move_label(session, project, b, -1)
    assert names(session, project) == ["c", "b", "a"]


@pytest.mark.parametrize("origin", ["merged", "split"])
def test_a_label_that_was_merged_or_split_comes_back_by_undoing_that(
    session: Session, project: Project, origin: str
) -> None:
    human, animal = make(session, project, "human", "animal")
    labels.remove_label(session, human)
    if origin == "merged":
        human.merged_into_id = animal.id
    else:
        animal.split_from_id = human.id
    session.flush()
    with pytest.raises(ConflictError):
        labels.restore_label(session, human)


def test_labels_move_one_place_and_stop_at_the_ends(session: Session, project: Project) -> None:
    first, second, third = make(session, project, "a", "b", "c")
    labels.move_label(session, project, third, -1)
    assert names(session, project) == ["a", "c", "b"]
    labels.move_label(session, project, first, -1)
    labels.move_label(session, project, second, 1)
    assert names(session, project) == ["a", "c", "b"]


def test_an_order_must_name_every_label_once(session: Session, project: Project) -> None:
    first, second = make(session, project, "a", "b")
    labels.reorder(session, project, [second.id, first.id])
    assert names(session, project) == ["b", "a"]
    for wrong in ([first.id], [first.id, first.id], [first.id, second.id, 999]):
        with pytest.raises(ConflictError):
            labels.reorder(session, project, wrong)


def test_removing_keeps_answers_and_frees_name_and_key(session: Session, project: Project) -> None:
    human, animal = make(session, project, "human", "animal")
    image = ImageFactory.create(session=session, project_id=project.id)
    annotate(session, image, None, {human: Answer.PRESENT, animal: Answer.ABSENT})
    assert labels.remove_label(session, human) == 1
    assert names(session, project) == ["animal"]
    assert labels.removed_labels(session, project.id) == [human]
    again = labels.create_label(session, project, name="human")
    assert (again.id, again.key) != (human.id, "")
    assert again.key == "1"


def test_a_removed_label_comes_back_with_a_free_key_at_the_end(session: Session, project: Project) -> None:
    human, _animal = make(session, project, "human", "animal")
    labels.remove_label(session, human)
    make(session, project, "landscape")
    labels.restore_label(session, human)
    assert names(session, project) == ["animal", "landscape", "human"]
    assert human.key == "3"
    labels.restore_label(session, human)
    assert names(session, project) == ["animal", "landscape", "human"]


def test_a_label_whose_name_was_given_away_does_not_come_back(session: Session, project: Project) -> None:
    (human,) = make(session, project, "human")
    labels.remove_label(session, human)
    make(session, project, "human")
    with pytest.raises(ConflictError):
        labels.restore_label(session, human)


def test_a_label_of_another_project_is_not_found(session: Session, project: Project) -> None:
    (human,) = make(session, project, "human")
    with pytest.raises(NotFoundError):
        labels.get_label(session, ProjectFactory.create(session=session).id, human.id)


def test_counts_tell_unknown_from_absent_and_leave_excluded_images_out(session: Session, project: Project) -> None:
    human, animal = make(session, project, "human", "animal")
    images = [ImageFactory.create(session=session, project_id=project.id) for _number in range(5)]
    images.append(ImageFactory.create(session=session, project_id=project.id, excluded_at=now()))
    values = [TruthValue.PRESENT, TruthValue.PRESENT, TruthValue.ABSENT, TruthValue.DISPUTED]
    for image, value in zip([*images[:4], images[5]], [*values, TruthValue.PRESENT], strict=True):
        session.add(Truth(image_id=image.id, label_id=human.id, value=value))
    session.flush()
    counts = labels.label_counts(session, project.id)
    assert counts[human.id] == labels.LabelCounts(present=2, absent=1, disputed=1, unknown=1)
    assert counts[animal.id] == labels.LabelCounts(unknown=5)
