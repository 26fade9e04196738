"""Passwords, tokens and the headers that every answer carries."""

import hashlib
import hmac
import os
import secrets
import unicodedata
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from app.config import get_settings
from app.errors import InvalidInputError
from app.i18n import gettext as _

# NIST SP 800-63B asks for eight at least where a second factor is not used; length counts, composition does not.
PASSWORD_MIN_LENGTH = 10
PASSWORD_MAX_LENGTH = 1000

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "manifest-src 'self'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_hasher = PasswordHasher()


@lru_cache(maxsize=1)
def _decoy_hash() -> str:
    # Checked when the account does not exist, so that the time taken does not tell.
    return _hasher.hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """Hash a password with argon2id; a too short or too long one is refused."""
    if len(password) < PASSWORD_MIN_LENGTH:
        raise InvalidInputError(
            _("Please choose a password of at least %(count)s characters.") % {"count": PASSWORD_MIN_LENGTH},
            fields={"password": _("At least %(count)s characters.") % {"count": PASSWORD_MIN_LENGTH}},
        )
    if len(password) > PASSWORD_MAX_LENGTH:
        raise InvalidInputError(_("This password is too long."), fields={"password": _("Too long.")})
    return _hasher.hash(_one_spelling(password))


def verify_password(password_hash: str | None, password: str) -> bool:
    """Check a password against its hash, in the same time whether or not there is an account."""
    given = _one_spelling(password[:PASSWORD_MAX_LENGTH])
    try:
        return _hasher.verify(password_hash or _decoy_hash(), given) and password_hash is not None
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def _one_spelling(password: str) -> str:
    # Keyboards send "é" as one character or as two; NIST SP 800-63B has both made the same before hashing.
    return unicodedata.normalize("NFKC", password)


def new_token() -> str:
    """Make a secret for a link or a cookie."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Hash a secret as it is kept in the database."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(browser_token: str) -> str:
    """Derive the form token of a browser from its cookie."""
    return hmac.new(_secret_key(), b"csrf:" + browser_token.encode(), hashlib.sha256).hexdigest()


def csrf_matches(browser_token: str, given: str) -> bool:
    """Check a form token."""
    return hmac.compare_digest(csrf_token(browser_token).encode(), given.encode("utf-8", "replace"))


@lru_cache(maxsize=1)
def _secret_key() -> bytes:
    settings = get_settings()
    if settings.secret_key:
        return settings.secret_key.encode()
    return _kept_secret(settings.data / "secret_key")


def _kept_secret(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".secret_key.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_hex(32).encode())
        # A link never replaces: of two processes that start at once, both read the first one's key.
        with suppress(FileExistsError):
            path.hardlink_to(temporary)
    finally:
        temporary.unlink(missing_ok=True)
    return path.read_bytes()
