"""A way to train as a file that people read and share: recipe, settings, and which of them are not the usual ones."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from app.errors import InvalidInputError
from app.i18n import gettext as _

FORMAT, VERSION = "loupe-configuration", 1
# A file with every setting there is takes some kilobytes; a larger one is something else.
MAX_BYTES = 64_000
EXPLANATION = (
    "How Loupe is to train a model. 'settings' counts; what is missing there takes its usual value. 'changed' repeats "
    "the settings that are not the usual ones, so that people see them at once; it may be left out."
)
# Characters of a file's own words that a refusal repeats.
REPEATED = 40


class FileRefused(InvalidInputError):  # noqa: N818 - it is a refusal with a sentence, not a malfunction.
    """A file cannot be read as a configuration; the sentence says why."""


@dataclass(frozen=True)
class ConfigurationFile:
    """What a file says; neither the recipe nor its settings have been looked at yet."""

    name: str
    recipe: str
    settings: dict[str, Any]


def write(name: str, recipe: str, settings: Mapping[str, object], usual: Mapping[str, object]) -> str:
    """Write settings down as readable JSON, with what differs from the usual first."""
    written = {
        "format": FORMAT,
        "version": VERSION,
        "explanation": EXPLANATION,
        "name": name,
        "recipe": recipe,
        "changed": {key: value for key, value in settings.items() if value != usual.get(key)},
        "settings": dict(settings),
    }
    return json.dumps(written, ensure_ascii=False, indent=2) + "\n"


def read(data: bytes) -> ConfigurationFile:
    """Read a file that somebody hands in; nothing in it is believed before it has been looked at.

    Raises:
        FileRefused: where it is no configuration, too large, from a newer version, or contradicts itself.

    """
    document = _parsed(data)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FileRefused(
            _("This is not a configuration of Loupe: it does not begin with “format”: “%(format)s”.")
            % {"format": FORMAT}
        )
    _check_version(document.get("version"))
    settings, changed = document.get("settings", {}), document.get("changed", {})
    if not isinstance(settings, dict) or not isinstance(changed, dict):
        raise FileRefused(_('“settings” and “changed” have to be written as {"setting": value, ...}.'))
    for key, value in changed.items():
        if key in settings and settings[key] != value:
            told = _("“changed” and “settings” say different things of “%(name)s”. Please correct one of them.")
            raise FileRefused(told % {"name": short(key)})
    return ConfigurationFile(_text(document, "name", ""), _text(document, "recipe", None), {**changed, **settings})


def _parsed(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise FileRefused(
            _("A configuration has at most %(most)s kB; this file has more.") % {"most": MAX_BYTES // 1000}
        )
    try:
        text = data.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise FileRefused(_("This file is no text in UTF-8, so it cannot be read.")) from error
    except json.JSONDecodeError as error:
        raise FileRefused(
            _("This file is not JSON as it should be: something is wrong in line %(line)s, at character %(column)s.")
            % {"line": error.lineno, "column": error.colno}
        ) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or brackets within brackets
        if isinstance(error, FileRefused):
            raise
        raise FileRefused(_("This file is not a configuration that Loupe has written.")) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise FileRefused(_("“%(name)s” stands in this file twice.") % {"name": short(key)})
        found[key] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise FileRefused(_("%(text)s is not a number that can be used.") % {"text": text})


def _check_version(version: object) -> None:
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise FileRefused(_("This file does not say which version of the format it has."))
    if version > VERSION:
        raise FileRefused(
            _("This file was written by a newer Loupe (format %(theirs)s; this one reads up to %(ours)s).")
            % {"theirs": short(str(version)), "ours": VERSION}
        )


def _text(document: dict[str, Any], key: str, otherwise: str | None) -> str:
    value = document.get(key, otherwise)
    if not isinstance(value, str):
        raise FileRefused(_("“%(name)s” is missing or is no text.") % {"name": key})
    return value


def short(text: str) -> str:
    """Cut what a refusal repeats of somebody else's words."""
    return text if len(text) <= REPEATED else text[:REPEATED] + "…"
