"""The figures of an epoch in words."""

from app.services import metric_words


def test_every_figure_has_a_name_and_a_sentence_and_the_one_that_flatters_a_warning() -> None:
    words = metric_words.metric_words()
    assert all(each.name and each.sentence for each in words.values())
    assert len({each.name for each in words.values()}) == len(words)
    assert [name for name, each in words.items() if each.warning] == ["accuracy_multi"]


def test_columns_stand_in_the_order_of_the_words_and_unknown_ones_last() -> None:
    rows: list[dict[str, object]] = [{"of tomorrow": 1.0, "recall": None}, {"macro_f1": 0.5}]
    assert metric_words.columns_of(rows) == ["macro_f1", "recall", "of tomorrow"]
    assert metric_words.columns_of([]) == []
    assert metric_words.heads_of(["macro_f1"]) == ["epoch", "train_loss", "valid_loss", "f1_macro", "time"]
    assert [metric_words.name_of(name) for name in ("macro_f1", "of tomorrow")] == ["f1_macro", "of tomorrow"]
