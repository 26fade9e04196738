"""The settings of the finetune recipe are explained in the order in which they are listed."""

from app.domain.finetune_fields import FINETUNE_FIELDS
from app.services.finetune_words import finetune_words


def test_words_stand_in_the_order_of_the_settings() -> None:
    assert list(finetune_words()) == [field.name for field in FINETUNE_FIELDS]
