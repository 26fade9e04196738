"""Templates: one environment, one way to render a page or a named block of it."""

import dataclasses
import hashlib
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.config import ROOT, get_settings
from app.i18n import translations
from app.security import csrf_token

TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
NODE_MODULES = ROOT / "node_modules"

# Browser libraries that pages may load, by short name; nothing else of node_modules is served.
LIBRARIES: Mapping[str, str] = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "openseadragon.min.js": "openseadragon/build/openseadragon/openseadragon.min.js",
    "vega.min.js": "vega/build/vega.min.js",
    "vega-lite.min.js": "vega-lite/build/vega-lite.min.js",
    "vega-embed.min.js": "vega-embed/build/vega-embed.min.js",
}


@lru_cache(maxsize=512)
def _digest(path: Path, _changed: float) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def static_version() -> str:
    """Tell the digest of all of static/, which stands in every address below it.

    Scripts import each other by relative address: with one digest for the whole folder none of them can be stale.
    """
    return _tree_digest(int(time.monotonic()))


@lru_cache(maxsize=1)
def _tree_digest(_second: int) -> str:
    files = sorted(path for path in STATIC.rglob("*") if path.is_file())
    digests = "".join(f"{path.relative_to(STATIC)}{_digest(path, path.stat().st_mtime)}" for path in files)
    return hashlib.sha256(digests.encode()).hexdigest()[:12]


def asset(name: str) -> str:
    """Give the address of a file below static/; browsers may keep it for long."""
    return f"/static/{static_version()}/{name}"


def lib(name: str) -> str:
    """Give the address of a browser library."""
    path = NODE_MODULES / LIBRARIES[name]
    return f"/lib/{name}?v={_digest(path, path.stat().st_mtime)}"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Make the template environment; a name that a page's context lacks is an error, not an empty string."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    # The i18n extension adds this method at run time, which its types do not tell.
    env.install_gettext_translations(translations(get_settings().language), newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(asset=asset, lib=lib, language=get_settings().language)
    return env


def render_text(name: str, context: Mapping[str, Any], *, block: str | None = None) -> str:
    """Render a template, or one named block of it."""
    template = environment().get_template(name)
    if block is None:
        return template.render(context)
    shared = template.new_context(dict(context))
    # Up to its first output a template imports macros and sets names, which its blocks use.
    next(template.root_render_func(shared), "")
    return "".join(template.blocks[block](shared))


def render(
    request: Request, name: str, context: Any = None, *, block: str | None = None, status: int = 200
) -> HTMLResponse:
    """Answer with a page; `context` is the small dataclass beside the route."""
    values = {field.name: getattr(context, field.name) for field in dataclasses.fields(context)} if context else {}
    shared = {
        "request": request,
        "account": getattr(request.state, "account", None),
        "csrf_token": csrf_token(request.state.browser_token),
        "flash": getattr(request.state, "flash", None),
        "under_way": getattr(request.state, "under_way", None),
    }
    response = HTMLResponse(render_text(name, shared | values, block=block), status_code=status)
    # Pages show what only members may see: no shared cache keeps them.
    response.headers["Cache-Control"] = "private, no-store" if getattr(request.state, "account", None) else "no-store"
    response.headers["Vary"] = "Cookie, HX-Request"
    return response
