"""What a label's fields may be."""

import pytest

from app.errors import ConflictError, InvalidInputError
from app.models import Label
from app.services import label_fields

HUMAN = Label(name="human", key="1")


def test_fields_are_cleaned() -> None:
    assert label_fields.free_name("  animal ", [HUMAN]) == "animal"
    assert label_fields.free_key(" A ", [HUMAN]) == "a"
    assert label_fields.free_key(" ", [HUMAN]) == ""
    assert label_fields.some_key([HUMAN]) == "2"
    assert label_fields.clean_definition(" one \ntwo  \n") == "one\ntwo"


def test_what_cannot_be_used_is_refused_by_field() -> None:
    with pytest.raises(ConflictError) as taken:
        label_fields.free_name("human", [HUMAN])
    assert list(taken.value.fields) == ["name"]
    with pytest.raises(ConflictError):
        label_fields.free_key("1", [HUMAN])
    with pytest.raises(InvalidInputError):
        label_fields.known_colour("puce")
    with pytest.raises(InvalidInputError):
        label_fields.clean_definition("x" * 4001)
