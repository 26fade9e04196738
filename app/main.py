"""The web application: routes, static files, security headers, refusals, and the sweep for lost jobs and due runs."""

import gc
import logging
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, SQLAlchemyError
from starlette.exceptions import HTTPException

from app.config import get_settings
from app.deps import check_csrf
from app.errors import AppError, ConflictError, NotFoundError, NotSignedInError, UnavailableError
from app.i18n import gettext as _
from app.middleware import BrowserAndHeaders
from app.routes import ROUTERS
from app.services import auto_training, jobs
from app.supervision import end_if_abandoned
from app.templating import LIBRARIES, NODE_MODULES, STATIC, render, static_version

log = logging.getLogger(__name__)
# The address of a file carries its digest: what was fetched once need never be asked for again.
KEEP_FOR_LONG = {"Cache-Control": "public, max-age=31536000, immutable"}
# So many requests are worked on at once. On SQLite writers wait for each other, each holding a thread, and whoever has
# the turn needs one more to go on: with as few as the libraries give, fifty people at their desks would block that one.
THREADS = 160
# New objects after which rubbish is looked for: a request makes some thousands, and hardly any rubbish in circles.
GARBAGE_AFTER = 50_000
# The longest form is a page of text. Bodies are read before anybody is asked who sent them: without a limit a stranger
# could fill the disk. The route that takes files has a limit of its own.
BODY_MAX_BYTES = 2_000_000


@dataclass(frozen=True)
class ErrorPage:
    """What errors/error.html and errors/fragment.html show."""

    status: int
    sentence: str


def create_app() -> FastAPI:
    """Build the application."""
    application = FastAPI(
        title="Loupe",
        dependencies=[Depends(check_csrf)],
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        max_body_size=BODY_MAX_BYTES,
    )
    for router in ROUTERS:
        application.include_router(router)
    application.add_api_route("/static/{version}/{name:path}", static_file, include_in_schema=False)
    application.add_api_route("/lib/{name}", library_file, include_in_schema=False)
    application.add_api_route("/health", health, include_in_schema=False)
    application.add_middleware(BrowserAndHeaders, fault=_fault)
    application.add_exception_handler(AppError, _refusal)
    application.add_exception_handler(HTTPException, _http_refusal)
    application.add_exception_handler(RequestValidationError, _unreadable)
    application.add_exception_handler(SQLAlchemyError, _database_trouble)
    application.add_exception_handler(OverflowError, _unreadable)  # SQLite's driver, of a number too large
    return application


def static_file(version: str, name: str) -> Response:
    """Serve a file of ours; everyone may reach it."""
    # A page from before an update asks for an old version: it gets today's file, but must not keep it under that name.
    return _file_below(STATIC, name, KEEP_FOR_LONG if version == static_version() else {"Cache-Control": "no-cache"})


def library_file(name: str) -> Response:
    """Serve a browser library; everyone may reach it."""
    if name not in LIBRARIES:
        raise NotFoundError
    return _file_below(NODE_MODULES, LIBRARIES[name], KEEP_FOR_LONG)


def health() -> dict[str, str]:
    """Say that the web server answers; everyone may reach it."""
    return {"status": "ok"}


def _file_below(folder: Path, name: str, headers: Mapping[str, str]) -> Response:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise NotFoundError
    return FileResponse(path, headers=dict(headers))


@asynccontextmanager
async def _lifespan(_application: FastAPI) -> AsyncIterator[None]:
    current_default_thread_limiter().total_tokens = THREADS
    # What is loaded by now stays: looking through all of it again and again for rubbish would take a tenth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)
    stop = threading.Event()
    sweeper = threading.Thread(target=_sweep_until, args=(stop,), name="sweep", daemon=True)
    sweeper.start()
    yield
    stop.set()
    sweeper.join(timeout=5)


def _sweep_until(stop: threading.Event) -> None:
    interval = get_settings().sweep_seconds
    last = time.time()
    watch = auto_training.Watch()
    while not stop.wait(interval):
        if end_if_abandoned():
            return
        # After a laptop's sleep every heartbeat looks old: workers get one round to speak up first.
        slept, last = time.time() - last > 2 * interval, time.time()
        if slept:
            continue
        try:
            jobs.sweep()
            watch.look()
        except SQLAlchemyError:
            log.exception("the sweep for lost jobs and due runs failed and will be tried again")


def answer_refusal(request: Request, error: AppError) -> Response:
    """Turn a refusal into JSON, a fragment or a page."""
    is_fragment = "hx-request" in request.headers
    if request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", ""):
        body = {"error": {"status": error.status, "sentence": error.sentence, "fields": error.fields}}
        return JSONResponse(body, status_code=error.status)
    if isinstance(error, NotSignedInError):
        target = f"/sign-in?next={quote(request.url.path, safe='/')}" if request.method == "GET" else "/sign-in"
        if is_fragment:
            return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
        return RedirectResponse(target, status_code=303)
    name = "errors/fragment.html" if is_fragment else "errors/error.html"
    return render(request, name, ErrorPage(error.status, error.sentence), status=error.status)


def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)  # noqa: S101 - registered for this type only
    return answer_refusal(request, error)


def _http_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    if error.status_code == HTTPStatus.NOT_FOUND:
        return answer_refusal(request, NotFoundError())
    refusal = AppError(_("This request could not be carried out."))
    refusal.status = error.status_code
    return answer_refusal(request, refusal)


def _unreadable(request: Request, _error: Exception) -> Response:
    refusal = AppError(_("Something in this request is missing or has the wrong form."))
    refusal.status = 422
    return answer_refusal(request, refusal)


def _database_trouble(request: Request, error: Exception) -> Response:
    log.error("the database failed", exc_info=error)
    if isinstance(error, OperationalError):
        return answer_refusal(
            request,
            UnavailableError(_("The database does not answer just now. Nothing was changed; please try again.")),
        )
    if isinstance(error, DataError):  # a number too large or a character that no text holds
        return _unreadable(request, error)
    if isinstance(error, IntegrityError):  # somebody else was quicker by the blink of an eye
        return answer_refusal(
            request, ConflictError(_("Somebody changed the same thing at the same moment. Please try again."))
        )
    return _fault(request, error)


def _fault(request: Request, error: Exception) -> Response:
    log.error("a request failed", exc_info=error)
    refusal = AppError(
        _("Something went wrong on our side, and nothing was changed. The details are in the server's log.")
    )
    refusal.status = 500
    return answer_refusal(request, refusal)
