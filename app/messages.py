"""Collect the sentences to translate: `python -m app.messages` writes app/locales/loupe.pot, `--check` compares."""

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from app.config import ROOT
from app.i18n import LOCALES

CATALOGUE = LOCALES / "loupe.pot"
SOURCES: dict[str, list[tuple[str, str]]] = {
    "app": [("**.py", "python")],
    "worker": [("**.py", "python")],
    "templates": [("**.html", "jinja2")],
}
OPTIONS = {"**.html": {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trimmed": "true", "silent": "false"}}


def collect() -> bytes:
    """Extract every sentence of the code and the templates."""
    catalogue = Catalog(project="Loupe", charset="utf-8")
    for folder, methods in SOURCES.items():
        found = extract_from_dir(
            ROOT / folder, methods, OPTIONS, keywords={"_": None, "gettext": None, "ngettext": (1, 2)}
        )
        for file, _line, message, comments, context in sorted(found, key=lambda item: (item[0], item[1])):
            # Without line numbers the catalogue changes only when a sentence does.
            catalogue.add(message, locations=[(f"{folder}/{file}", 0)], auto_comments=comments, context=context)
    out = io.BytesIO()
    write_po(out, catalogue, width=110, omit_header=True, sort_output=True, include_lineno=False)
    return out.getvalue()


def main(arguments: list[str]) -> int:
    """Write the catalogue, or say whether it is up to date."""
    text = collect()
    if "--check" in arguments:
        if not CATALOGUE.exists() or CATALOGUE.read_bytes() != text:
            sys.stderr.write(f"{CATALOGUE.relative_to(Path.cwd())} is out of date: run `make messages`.\n")
            return 1
        return 0
    CATALOGUE.parent.mkdir(exist_ok=True)
    CATALOGUE.write_bytes(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
