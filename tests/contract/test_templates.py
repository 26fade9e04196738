"""Every template compiles, says nothing past gettext, and needs nothing that the Content-Security-Policy forbids."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import nodes

from app.templating import TEMPLATES, environment

NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
SPOKEN_ATTRIBUTES = {"alt", "aria-label", "aria-description", "placeholder", "title", "label"}
# Inside these, text is code or data, not a sentence.
UNSPOKEN_ELEMENTS = {"script", "style", "code", "kbd", "pre", "samp"}
HOLE = "\x00"


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
        if not self.open and has_words(data):
            self.heard.append(data.strip())


def has_words(text: str) -> bool:
    return any(character.isalpha() for character in text.replace("Loupe", ""))


def listen(name: str) -> Listener:
    tree = environment().parse(Path(TEMPLATES / name).read_text(encoding="utf-8"))
    listener = Listener()
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            listener.feed(node.data if isinstance(node, nodes.TemplateData) else HOLE)
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
