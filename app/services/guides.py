"""The guide that a lead writes in Markdown for those who tag; what it shows is safe whatever was typed."""

import re
from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import ConflictError, InvalidInputError
from app.i18n import gettext as _
from app.models import Project
from app.services import desk_settings
from app.services.desk_settings import GUIDE_MAX_LENGTH

# What a link may begin with; anything else before a colon (javascript:, data:, file:) stays text.
SCHEMES = frozenset({"http", "https", "mailto"})
_SCHEME = re.compile(r"[^/?#:]*(?=:)")
_IMAGE = re.compile(r"(?:https?://[^/?#]+)?/projects/(\d{1,9})/images/(\d{1,9})(?:/(?:thumbnail|screen|original))?/?")
# The page around the guide has the heading of the first level.
HEADINGS_DOWN = 1
LOWEST_HEADING = 6


def guide(session: Session, project: Project) -> str:
    """Give the guide as it was typed; empty where there is none."""
    return desk_settings.settings_of(session, project).guide


def digest(text: str) -> str:
    """Name a state of the guide, so that whoever saves can say which one they began with."""
    return sha256(text.encode()).hexdigest()[:16]


def save(session: Session, project: Project, text: str, *, seen: str) -> None:
    """Keep the guide, unless somebody else has changed it since `seen`."""
    # Two leads who save at once: the second waits here until the first is done, and is then told.
    session.execute(select(Project.id).where(Project.id == project.id).with_for_update())
    kept = guide(session, project)
    typed = clean(text)
    if typed == kept:
        return
    if digest(kept) != seen:
        raise ConflictError(
            _("Somebody else has changed the guide meanwhile. Both are shown below: bring them together, then save.")
        )
    desk_settings.change(session, project, {"guide": typed})


def clean(text: str) -> str:
    """Write line ends in one way, and take away what only surrounds the text."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


def as_html(project: Project, text: str, most: int = GUIDE_MAX_LENGTH) -> Markup:
    """Render Markdown: no HTML of its own, no links that run anything, images of this project only."""
    if len(text) > most:
        sentence = _("Please keep the guide under %(count)s characters.") % {"count": most}
        raise InvalidInputError(sentence, fields={"guide": sentence})
    return Markup(_parser().render(text, {"project": project.id}))  # noqa: S704 - the renderer escapes all text


def is_harmless(address: str) -> bool:
    """Tell whether a link to this address does nothing but lead there."""
    scheme = _SCHEME.match(address.strip())
    return scheme is None or scheme[0].lower() in SCHEMES


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # The library's way of deciding on links is to replace its method.
    made.validateLink = is_harmless  # type: ignore[method-assign, assignment]
    made.core.ruler.push("lower_headings", _lower_headings)
    made.core.ruler.push("align_by_class", _align_by_class)
    made.add_render_rule("image", _image)
    made.add_render_rule("link_open", _link)
    return made


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1:]) + HEADINGS_DOWN, LOWEST_HEADING)}"


def _align_by_class(state: StateCore) -> None:
    # The content security policy allows no style in a page, and the parser aligns columns by one.
    for token in state.tokens:
        style = token.attrs.pop("style", None)
        if style:
            token.attrSet("class", f"guide__{str(style).removeprefix('text-align:')}")


def _link(
    renderer: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    token = tokens[place]
    address = str(token.attrGet("href") or "")
    if not address.startswith("#"):
        # Whoever looks something up keeps the image they are tagging.
        token.attrSet("target", "_blank")
        token.attrSet("rel", "noreferrer noopener")
    return renderer.renderToken(tokens, place, options, env)


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    token = tokens[place]
    text = renderer.renderInlineAsText(token.children, options, env) if token.children else ""
    found = _IMAGE.match(str(token.attrGet("src") or ""))
    if found is None or int(found[1]) != env["project"]:
        said = _("(image not shown: only images of this project are)")
        return f"{escape(text)} <em>{escape(said)}</em>"
    page, named = f"/projects/{env['project']}/images/{int(found[2])}", text.strip() or _("Image")
    shown = f'<img src="{page}/screen" alt="{escape(named)}" loading="lazy">'
    return f'<a href="{page}" target="_blank" rel="noreferrer noopener">{shown}</a>'
