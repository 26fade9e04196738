"""Every template compiles, says nothing past gettext, and needs nothing that the Content-Security-Policy forbids."""

from html.parser import HTMLParser

import pytest

from app.templating import TEMPLATES, environment

NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
SPOKEN_ATTRIBUTES = {"alt", "aria-label", "aria-description", "placeholder", "title", "label"}
# Inside these, text is code or data, not a sentence.
UNSPOKEN_ELEMENTS = {"script", "style", "code", "kbd", "pre", "samp"}
# Fits wherever something is printed: in a text, an attribute, or the name of an element.
HOLE = "x0"
SAME_IN_EVERY_LANGUAGE = ("Loupe", "PNG", "SVG", "CSV")


class Listener(HTMLParser):
    """Collects what a reader would see or hear of a template's literal text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.heard: list[str] = []
        self.forbidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _value in attrs}
        self.forbidden += [f"<{tag} {name}>" for name in names if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in names and ("type", "application/json") not in attrs):
            self.forbidden.append(f"<{tag}>")
        self.heard += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value and has_words(value)]
        if tag in UNSPOKEN_ELEMENTS:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        # A macro may print attributes for the element around it.
        if not self.open and has_words(data) and '="' not in data:
            self.heard.append(data.strip())


def has_words(text: str) -> bool:
    for name in (HOLE, *SAME_IN_EVERY_LANGUAGE):
        text = text.replace(name, "")
    return any(character.isalpha() for character in text)


def literal_text(name: str) -> str:
    """The template without its Jinja: what is printed becomes a hole, what is translated goes."""
    text, depth, statement = [], 0, ""
    for _line, kind, value in environment().lex((TEMPLATES / name).read_text(encoding="utf-8")):
        if kind == "block_begin":
            statement = ""
        elif kind == "block_end":
            # Translated sentences stand between these two; the block of that name fills an attribute.
            depth += statement in {"trans", "page_class"}
            depth -= statement in {"endtrans", "endblock"} and depth > 0
        elif kind == "name" and statement in {"", "block"}:
            statement = value
        elif kind == "variable_begin" and not depth:
            text.append(HOLE)
        elif kind == "data" and not depth:
            text.append(value)
    return "".join(text)


def listen(name: str) -> Listener:
    listener = Listener()
    listener.feed(literal_text(name))
    listener.close()
    return listener


@pytest.mark.parametrize("name", NAMES)
def test_template_compiles(name: str) -> None:
    environment().get_template(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_sentence_goes_through_gettext(name: str) -> None:
    assert listen(name).heard == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_needs_inline_script_or_style(name: str) -> None:
    assert listen(name).forbidden == []
