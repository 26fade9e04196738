"""Gettext for every sentence a person reads, on the screen and on the command line."""

import gettext as _gettext
from functools import lru_cache
from pathlib import Path

from app.config import get_settings

LOCALES = Path(__file__).resolve().parent / "locales"


@lru_cache(maxsize=8)
def translations(language: str) -> _gettext.NullTranslations:
    """Load the catalogue of a language; English needs none."""
    return _gettext.translation("loupe", LOCALES, languages=[language], fallback=True)


def gettext(message: str) -> str:
    """Translate a sentence into the language in force."""
    return translations(get_settings().language).gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Translate a sentence that depends on a number."""
    return translations(get_settings().language).ngettext(singular, plural, count)
