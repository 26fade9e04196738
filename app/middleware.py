"""What every request meets first and every answer last: the browser's token, the security headers, the last resort."""

import secrets
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.config import get_settings
from app.deps import BROWSER_COOKIE, SESSION_COOKIE
from app.security import HEADERS


class BrowserAndHeaders:
    """Know a browser by its token, and put the security headers on everything that is answered.

    Written to the ASGI interface itself: Starlette's convenient kind takes a millisecond a request, most of it waiting.
    """

    def __init__(self, app: ASGIApp, fault: Callable[[Request, Exception], Response]) -> None:
        self.app, self.fault = app, fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        # Form tokens are bound to the sign-in, or before that to the browser.
        browser = request.cookies.get(BROWSER_COOKIE, "")
        fresh = "" if browser else secrets.token_urlsafe(16)
        request.state.browser_token = request.cookies.get(SESSION_COOKIE) or browser or fresh
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                _complete(MutableHeaders(scope=message), fresh)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            if begun:
                raise
            # The last resort; what happened is logged with its trace.
            await self.fault(request, error)(scope, receive, send_with_headers)


def _complete(headers: MutableHeaders, fresh: str) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    secure = get_settings().secure_cookies
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if fresh and "text/html" in headers.get("content-type", ""):
        cookie = Response()
        cookie.set_cookie(BROWSER_COOKIE, fresh, httponly=True, samesite="lax", secure=secure)
        headers.append("set-cookie", cookie.headers["set-cookie"])
