"""What people write of a run."""

import pytest

from app.errors import InvalidInputError
from app.models import Run
from app.services import run_notes


def test_a_remark_and_tags_are_brought_into_form() -> None:
    run = Run()
    run_notes.write(run, remark="  first line \r\nsecond\n\n", tags=" paper ,  best so  far, Paper,, ")
    assert run.remark == "first line\nsecond"
    assert run.tags == ["paper", "best so far"]
    run_notes.write(run, remark="", tags="")
    assert (run.remark, run.tags) == ("", [])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"remark": "x" * 2001, "tags": ""}, "remark"),
        ({"remark": "", "tags": ",".join(map(str, range(11)))}, "tags"),
        ({"remark": "", "tags": "x" * 41}, "tags"),
        ({"remark": "", "tags": "bell\a"}, "tags"),
    ],
)
def test_what_is_too_much_is_refused_and_changes_nothing(given: dict[str, str], field: str) -> None:
    run = Run(remark="as it was", tags=["old"])
    with pytest.raises(InvalidInputError) as refusal:
        run_notes.write(run, **given)
    assert set(refusal.value.fields) == {field}
    assert (run.remark, run.tags) == ("as it was", ["old"])
