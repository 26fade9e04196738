"""The guide: kept as typed, shown without anything that runs, whatever somebody wrote into it."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.errors import ConflictError, InvalidInputError
from app.models import Project
from app.services import guides
from app.services.desk_settings import GUIDE_MAX_LENGTH
from tests.factories import ProjectFactory

PROJECT = Project(id=7, name="Farms")
ELEMENTS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"alt", "class", "href", "loading", "rel", "src", "start", "target", "title"}
IMAGE = "/projects/7/images/12"


class Seen(HTMLParser):
    """What a browser would make of it: elements with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def shown(text: str) -> str:
    return str(guides.as_html(PROJECT, text))


def assert_harmless(text: str) -> None:
    for tag, attributes in Seen(shown(text)).found:
        assert tag in ELEMENTS
        assert set(attributes) <= ATTRIBUTES
        assert not any(name.startswith("on") for name in attributes)
        assert guides.is_harmless(attributes.get("href") or "")
        if tag == "img":
            assert (attributes["src"] or "").startswith("/projects/7/images/")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<style>body{display:none}</style>",
        "<iframe src=https://example.org></iframe>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x]( javascript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](java&Tab;script:alert(1))",
        "[x](<java\tscript:alert(1)>)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        "[x](file:///etc/passwd)",
        "<javascript:alert(1)>",
        '[x](https://example.org "onmouseover=alert(1)")',
        '[x](https://example.org/"onmouseover="alert)',
        "![x](javascript:alert(1))",
        "![x](https://example.org/track.gif)",
        "![x](//example.org/projects/7/images/12)",
        "![x](/projects/8/images/12)",
        "![x](data:image/png;base64,AAAA)",
        f'![" onerror="alert(1)]({IMAGE})',
        f"![<script>]({IMAGE})",
        "[x]: javascript:alert(1)\n\n[x]",
        "```<script>\n</code></pre><script>alert(1)</script>\n```",
        "| <b>a</b> |\n| - |\n| <script> |",
        "# <script>",
        "\x00<script>",
    ],
)
def test_nothing_that_somebody_types_runs(hostile: str) -> None:
    assert_harmless(hostile)
    assert "<script" not in shown(hostile)


@given(st.text(alphabet=st.sampled_from(list("[]()<>!\"'`*_#|-:/\\\n &;=javscript:on1x")), max_size=60))
def test_no_mixture_of_marks_gets_through(text: str) -> None:
    assert_harmless(text)


def test_headings_stand_below_the_heading_of_the_page() -> None:
    tags = [tag for tag, _attributes in Seen(shown("# a\n\n## b\n\n###### c\n\nd\n=\n")).found if tag.startswith("h")]
    assert tags == ["h2", "h3", "h6", "h2"]


def test_links_lead_away_without_telling_from_where() -> None:
    links = [attributes for tag, attributes in Seen(shown("[a](https://example.org) <mailto:a@b.org> [c](#c)")).found]
    assert [each.get("rel") for each in links if "href" in each] == ["noreferrer noopener"] * 2 + [None]


@pytest.mark.parametrize(
    "address",
    [
        IMAGE,
        f"{IMAGE}/screen",
        f"{IMAGE}/thumbnail",
        f"http://127.0.0.1:8000{IMAGE}",
        f"https://loupe.example{IMAGE}?status=tagged",
    ],
)
def test_images_of_the_project_are_shown_by_the_address_of_their_page(address: str) -> None:
    (image,) = [attributes for tag, attributes in Seen(shown(f"![A plough]({address})")).found if tag == "img"]
    assert (image["src"], image["alt"]) == (f"{IMAGE}/screen", "A plough")


def test_columns_are_aligned_without_a_style_of_their_own() -> None:
    cells = [attributes for tag, attributes in Seen(shown("| a | b | c |\n|:-|:-:|-:|\n")).found if tag == "th"]
    assert [each["class"] for each in cells] == ["guide__left", "guide__center", "guide__right"]


def test_other_images_are_told_in_words() -> None:
    assert "only images of this project" in shown("![x](/projects/8/images/12)")
    assert "<img" not in shown("![x](/projects/77/images/12)")


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "![",
        "*a ",
        "> ",
        "`",
        "<",
        "(",
        "a|",
        "**_",
        "[a](",
        "&#",
        "\\",
        "- ",
        "1. ",
        "|-",
        "~~",
        "[a]: b\n",
        "\n# ",
    ],
)
def test_a_text_as_long_as_allowed_is_shown_in_a_moment(piece: str) -> None:
    began = time.process_time()
    shown((piece * GUIDE_MAX_LENGTH)[:GUIDE_MAX_LENGTH])
    # A few times what it takes here; a parser that grows with the square would take a minute.
    assert time.process_time() - began < 10


def test_a_longer_text_is_refused_with_its_limit() -> None:
    with pytest.raises(InvalidInputError, match="40000"):
        guides.as_html(PROJECT, "x" * (GUIDE_MAX_LENGTH + 1))


def test_the_guide_is_kept_as_typed_with_one_kind_of_line_end(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    guides.save(session, project, "# Look\r\n\r\ntwice \n", seen=guides.digest(""))
    assert guides.guide(session, project) == "# Look\n\ntwice"


def test_what_somebody_else_saved_meanwhile_is_not_lost(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    begun = guides.digest("")
    guides.save(session, project, "theirs", seen=begun)
    with pytest.raises(ConflictError, match="Somebody else"):
        guides.save(session, project, "mine", seen=begun)
    assert guides.guide(session, project) == "theirs"
    # The same words sent twice are no conflict; nor is saving with both in sight.
    guides.save(session, project, "theirs", seen=begun)
    guides.save(session, project, "both", seen=guides.digest("theirs"))
    assert guides.guide(session, project) == "both"
