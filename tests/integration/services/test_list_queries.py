from datetime import UTC, datetime
from urllib.parse import parse_qs

from app.domain.statuses import Split
from app.services.list_queries import ListKind, ListQuery, Reviewed


def test_an_address_says_only_what_is_asked_for() -> None:
    assert parse_qs(ListQuery().address()) == {"list": ["errors"], "split": ["validation"], "at": ["tuned"]}


def test_every_filter_is_in_the_address_whatever_characters_it_has() -> None:
    query = ListQuery(
        kind=ListKind.BROKEN,
        split=None,
        other=2,
        reviewed=Reviewed.OPEN,
        slice="source:Smith & Sons = 50 %",
        annotator=7,
        as_of=datetime(2026, 1, 2, tzinfo=UTC),
    )
    assert parse_qs(query.address()) == {
        "list": ["broken"],
        "split": ["all"],
        "at": ["tuned"],
        "other": ["2"],
        "reviewed": ["open"],
        "slice": ["source:Smith & Sons = 50 %"],
        "annotator": ["7"],
        "asof": ["1767312000000"],
    }


def test_all_splits_and_a_split_are_told_apart() -> None:
    assert parse_qs(ListQuery(split=Split.TRAIN).address())["split"] == ["train"]
