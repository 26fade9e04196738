"""Which names a label may have."""

import pytest

from app.formats.label_names import LabelNameRefused, validate_label_name


@pytest.mark.parametrize(
    "name", ["human", "human-structure", 'a "quoted" one', "Gebäude, alt", "人", "♞", "1897", "-x"]
)
def test_ordinary_names_are_kept(name: str) -> None:
    assert validate_label_name(f"  {name} ") == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "needs a name"),
        ("  \u3000 ", "needs a name"),
        ("a|b", "cannot contain “|”"),
        ("x" * 81, "at most 80"),
        ("a\nb", "line breaks"),
        ("a\u202eb", "invisible"),
        ("a\x00b", "invisible"),
        ("a\u2028b", "invisible"),
        ("\u200b\u200d", "can be seen"),
    ],
)
def test_names_that_exports_or_eyes_cannot_carry_are_refused(name: str, words: str) -> None:
    with pytest.raises(LabelNameRefused) as caught:
        validate_label_name(name)
    assert words in caught.value.sentence
