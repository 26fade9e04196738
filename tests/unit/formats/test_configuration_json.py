"""A way to train is written as a file that people read, and read from files that anybody may have made."""

import json

import pytest

from app.errors import InvalidInputError
from app.formats import configuration_json
from app.formats.configuration_json import MAX_BYTES, read, write

USUAL = {"size": 224, "augment": "lesson", "base_lr": None}
SETTINGS = {"size": 128, "augment": "lesson", "base_lr": None}


def document(**changed: object) -> bytes:
    whole = {"format": "loupe-configuration", "version": 1, "name": "n", "recipe": "finetune", "settings": SETTINGS}
    return json.dumps({**whole, **changed}).encode()


def test_what_is_written_is_read_again_and_says_what_is_not_usual() -> None:
    text = write("Landkarten, groß", "finetune", SETTINGS, USUAL)
    assert json.loads(text)["changed"] == {"size": 128}
    assert "groß" in text
    read_again = read(text.encode())
    assert (read_again.name, read_again.recipe, read_again.settings) == ("Landkarten, groß", "finetune", SETTINGS)


def test_a_file_may_be_as_short_as_a_person_writes_it() -> None:
    assert read(b'{"format": "loupe-configuration", "version": 1, "recipe": "quick"}').settings == {}
    assert read(document(settings={}, changed={"size": 96})).settings == {"size": 96}
    assert read(b"\xef\xbb\xbf" + document()).settings == SETTINGS


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not JSON as it should be"),
        (b"size: 128", "line 1, at character 1"),
        (document()[:-5], "not JSON as it should be"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"[1, 2]", "not a configuration of Loupe"),
        (b'{"settings": {}}', "not a configuration of Loupe"),
        (document(format="something-else"), "not a configuration of Loupe"),
        (document(version=2), "written by a newer Loupe"),
        (document(version=10**300), "written by a newer Loupe"),
        (document(version="1"), "which version"),
        (document(version=True), "which version"),
        (document(version=None), "which version"),
        (document(settings=[1]), "have to be written as"),
        (document(changed="size"), "have to be written as"),
        (document(changed={"size": 96}), "different things of “size”"),
        (document(recipe=None), "“recipe” is missing"),
        (document(name=["n"]), "“name” is missing or is no text"),
        (b'{"format": 1, "format": 2}', "twice"),
        (document().replace(b"128", b"NaN"), "NaN is not a number"),
        (document().replace(b"128", b"-Infinity"), "-Infinity is not a number"),
        (document().replace(b"128", b"1" * 5000), "not a configuration that Loupe has written"),
        (b"[" * 50_000, "not a configuration that Loupe has written"),
        (b" " * (MAX_BYTES + 1), "at most 64 kB"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read(data)
    assert sentence in refused.value.sentence
    assert len(refused.value.sentence) < 200


def test_a_refusal_repeats_little_of_a_file() -> None:
    assert configuration_json.short("a" * 500) == "a" * 40 + "…"
