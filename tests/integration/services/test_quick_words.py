"""The settings of the quick recipe are explained in the order in which they are listed."""

from app.domain.quick_fields import QUICK_FIELDS
from app.services.quick_words import quick_words


def test_words_stand_in_the_order_of_the_settings() -> None:
    assert list(quick_words()) == [field.name for field in QUICK_FIELDS]
