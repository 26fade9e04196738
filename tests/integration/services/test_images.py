"""What state images are in, and finding them, on both databases."""

from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, Split, TruthValue, View
from app.errors import NotFoundError
from app.models import Account, Image, Label, Project, Skip, Truth
from app.models.types import now
from app.services import images
from app.services.images import ImageFilter, ImageStatus, LabelState
from tests.factories import AccountFactory, ImageFactory, LabelFactory, ProjectFactory, annotate


class Collection:
    """A project with two labels and one image in each state."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.project: Project = ProjectFactory.create(session=session)
        self.account: Account = AccountFactory.create(session=session)
        self.human: Label = LabelFactory.create(session=session, project_id=self.project.id, name="human", position=0)
        self.animal: Label = LabelFactory.create(session=session, project_id=self.project.id, name="animal", position=1)
        both = [self.human, self.animal]
        self.tagged = self.image("a tagged.jpg")
        self.answer(self.tagged, dict(zip(both, [Answer.PRESENT, Answer.ABSENT], strict=True)))
        self.none = self.image("b none.jpg")
        self.answer(self.none, dict.fromkeys(both, Answer.ABSENT))
        self.disputed = self.image("c disputed.jpg")
        self.answer(self.disputed, dict(zip(both, [Answer.PRESENT, Answer.ABSENT], strict=True)))
        self.truth(self.disputed, self.animal, TruthValue.DISPUTED)
        self.skipped = self.image("d skipped.jpg")
        session.add(Skip(image_id=self.skipped.id, account_id=self.account.id))
        self.untouched = self.image("e untouched.jpg")
        self.excluded = self.image("f excluded.jpg", excluded_at=now())
        session.commit()

    def image(self, name: str, **values: object) -> Image:
        made: Image = ImageFactory.create(session=self.session, project_id=self.project.id, name=name, **values)
        return made

    def answer(self, image: Image, answers: dict[Label, Answer]) -> None:
        annotate(self.session, image, self.account, answers)
        for label, answer in answers.items():
            if answer is not Answer.UNSURE:
                self.truth(image, label, TruthValue(answer.value))
        self.session.flush()

    def truth(self, image: Image, label: Label, value: TruthValue) -> None:
        self.session.merge(Truth(image_id=image.id, label_id=label.id, value=value))
        self.session.flush()

    def names(self, wanted: ImageFilter) -> list[str]:
        return [image.name[0] for image in images.list_images(self.session, self.project.id, wanted).images]


@pytest.fixture
def collection(session: Session) -> Collection:
    return Collection(session)


def test_every_state_is_counted_apart(session: Session, collection: Collection) -> None:
    counted = images.counts(session, collection.project.id)
    assert counted == images.ImageCounts(
        total=5, tagged=1, none_apply=1, skipped=1, disputed=1, not_tagged=1, excluded=1
    )
    assert counted.looked_at == 3


def test_an_unsure_answer_never_counts_as_none_apply(session: Session, collection: Collection) -> None:
    collection.answer(collection.untouched, {collection.human: Answer.ABSENT, collection.animal: Answer.UNSURE})
    found = images.statuses(session, [collection.untouched.id, collection.none.id])
    assert found == {collection.untouched.id: ImageStatus.TAGGED, collection.none.id: ImageStatus.NONE_APPLY}


def test_a_decision_on_one_absent_label_does_not_make_an_image_none_apply(
    session: Session, collection: Collection
) -> None:
    annotate(session, collection.untouched, collection.account, {collection.human: Answer.ABSENT}, View.REVIEW)
    collection.truth(collection.untouched, collection.human, TruthValue.ABSENT)
    assert images.statuses(session, [collection.untouched.id]) == {collection.untouched.id: ImageStatus.NOT_TAGGED}


def test_answers_for_removed_labels_do_not_count(session: Session, collection: Collection) -> None:
    collection.human.removed_at = now()
    session.flush()
    counted = images.counts(session, collection.project.id)
    assert (counted.tagged, counted.none_apply) == (0, 2)
    assert images.resolved_labels(session, [collection.tagged.id]) == {
        collection.tagged.id: {collection.animal.id: TruthValue.ABSENT}
    }


def test_filters_find_what_they_say(session: Session, collection: Collection) -> None:
    collection.tagged.split = Split.TRAIN
    session.flush()
    human = collection.human.id
    cases: Sequence[tuple[ImageFilter, str]] = [
        (ImageFilter(), "abcde"),
        (ImageFilter(status=ImageStatus.NONE_APPLY), "b"),
        (ImageFilter(status=ImageStatus.SKIPPED), "d"),
        (ImageFilter(excluded=True), "f"),
        (ImageFilter(label_id=human), "ac"),
        (ImageFilter(label_id=human, label_state=LabelState.ABSENT), "b"),
        (ImageFilter(label_id=human, label_state=LabelState.UNKNOWN), "de"),
        (ImageFilter(label_id=collection.animal.id, label_state=LabelState.DISPUTED), "c"),
        (ImageFilter(split=Split.TRAIN), "a"),
        (ImageFilter(text="TOUCHED"), "e"),
        (ImageFilter(text="%"), ""),
    ]
    for wanted, expected in cases:
        assert "".join(collection.names(wanted)) == expected, wanted
        assert images.count_images(session, collection.project.id, wanted) == len(expected)


def test_pages_go_forth_and_back_through_all_images(session: Session, collection: Collection) -> None:
    def page(**cursor: str | None) -> images.ImagePage:
        return images.list_images(session, collection.project.id, ImageFilter(), limit=2, **cursor)

    first = page()
    second = page(after=first.after)
    third = page(after=second.after)
    assert [len(part.images) for part in (first, second, third)] == [2, 2, 1]
    assert first.before is None
    assert third.after is None
    back = page(before=third.before)
    assert [image.id for image in back.images] == [image.id for image in second.images]
    assert page(before=back.before).before is None


def test_neighbours_follow_the_filter(session: Session, collection: Collection) -> None:
    assert images.neighbours(session, collection.none, ImageFilter()) == (
        collection.tagged.id,
        collection.disputed.id,
    )
    assert images.neighbours(session, collection.none, ImageFilter(label_id=collection.human.id)) == (
        collection.tagged.id,
        collection.disputed.id,
    )
    assert images.neighbours(session, collection.tagged, ImageFilter(status=ImageStatus.NOT_TAGGED)) == (
        None,
        collection.untouched.id,
    )


def test_the_history_tells_superseded_answers_too(session: Session, collection: Collection) -> None:
    first = images.history(session, collection.tagged)[0]
    first.annotation.superseded_at = now()
    annotate(session, collection.tagged, None, {collection.human: Answer.ABSENT}, View.IMPORT)
    latest, earlier = images.history(session, collection.tagged)
    assert latest.account is None
    assert latest.answers == [(collection.human, Answer.ABSENT)]
    assert earlier.account == collection.account
    assert [answer for _, answer in earlier.answers] == [Answer.PRESENT, Answer.ABSENT]


def test_an_image_of_another_project_is_not_found(session: Session, collection: Collection) -> None:
    other = ProjectFactory.create(session=session)
    with pytest.raises(NotFoundError):
        images.get_image(session, other.id, collection.tagged.id)


def test_similar_images_are_those_of_the_same_group(session: Session, collection: Collection) -> None:
    collection.tagged.group_key = collection.none.group_key = "g"
    session.flush()
    assert images.similar_images(session, collection.tagged) == [collection.none]
    assert images.similar_images(session, collection.disputed) == []


def test_excluding_keeps_the_answers_and_can_be_taken_back(session: Session, collection: Collection) -> None:
    images.set_excluded(collection.tagged, excluded=True)
    session.flush()
    assert images.counts(session, collection.project.id).excluded == 2
    images.set_excluded(collection.tagged, excluded=False)
    session.flush()
    assert images.counts(session, collection.project.id).tagged == 1
