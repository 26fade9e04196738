"""The labels as they stand on the desk: in groups, with examples, and by what a desk knows that it shows older ones."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from sqlalchemy.orm import Session

from app.models import Label
from app.services import label_examples, label_groups, label_questions
from app.services.label_examples import Example
from app.services.label_groups import Section


@dataclass(frozen=True)
class DeskLabels:
    """The labels of a project by group, with their examples by label; `digest` changes whenever anything shown does."""

    sections: list[Section]
    examples: dict[int, list[Example]]
    digest: str

    @property
    def count(self) -> int:
        """Count the labels."""
        return sum(len(section.labels) for section in self.sections)


def desk_labels(session: Session, project_id: int) -> DeskLabels:
    """Load the labels as the desk shows them."""
    sections = label_groups.grouped(session, project_id)
    return DeskLabels(sections, label_examples.examples_of(session, project_id), _digest(sections))


def digest(session: Session, project_id: int) -> str:
    """Tell which labels, groups and wordings there are now; examples may change without being told."""
    return _digest(label_groups.grouped(session, project_id))


def asked(session: Session, project_id: int, question_id: int) -> Label:
    """Find the label that a question of a project is about, open or closed."""
    return session.get_one(Label, label_questions.get_question(session, project_id, question_id).label_id)


def _digest(sections: Sequence[Section]) -> str:
    shown = [
        [section.title, section.exclusive]
        + [[label.id, label.name, label.key, label.colour, label.definition_version] for label in section.labels]
        for section in sections
    ]
    return blake2b(json.dumps(shown).encode(), digest_size=8).hexdigest()
