"""Accounts: making them, signing in and out."""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.config import get_settings
from app.db import session_scope
from app.errors import AppError, ConflictError, InvalidInputError, TooManyAttemptsError
from app.i18n import gettext as _
from app.models import Account, SignIn, SignInAttempt
from app.models.types import now
from app.security import hash_password, hash_token, new_token, verify_password

# OWASP's authentication guidance: slow guessing down per account and per address without locking people out for long.
ATTEMPT_WINDOW = timedelta(minutes=10)
MAX_ATTEMPTS_PER_EMAIL = 8
MAX_ATTEMPTS_PER_ADDRESS = 40
# Writing on every request would make each page view a write.
SEEN_EVERY = timedelta(minutes=10)


class WrongCredentialsError(AppError):
    """The e-mail address or the password is wrong; which one is not told."""

    status = 422

    def __init__(self) -> None:
        super().__init__(_("This e-mail address and password do not belong together."))


def normalise_email(email: str) -> str:
    """Bring an e-mail address into the form it is kept in."""
    cleaned = email.strip().lower()
    local, at, domain = cleaned.partition("@")
    if not at or not local or "." not in domain.strip(".") or len(cleaned) > 254 or any(c.isspace() for c in cleaned):
        sentence = _("This is not a complete e-mail address.")
        raise InvalidInputError(sentence, fields={"email": sentence})
    return cleaned


def any_account(session: Session) -> bool:
    """Tell whether somebody has an account already."""
    return session.scalar(select(func.count()).select_from(Account)) != 0


def find_account(session: Session, email: str) -> Account | None:
    """Find an account by e-mail address."""
    return session.scalar(select(Account).where(Account.email == email.strip().lower()))


def create_account(session: Session, *, email: str, name: str, password: str, is_owner: bool = False) -> Account:
    """Make an account; the e-mail address must be free."""
    cleaned_name = " ".join(name.split())
    if not cleaned_name or len(cleaned_name) > 120:
        sentence = _("Please give a name of at most 120 characters.")
        raise InvalidInputError(sentence, fields={"name": sentence})
    address = normalise_email(email)
    if find_account(session, address) is not None:
        sentence = _("There is already an account with this e-mail address.")
        raise ConflictError(sentence, fields={"email": sentence})
    account = Account(email=address, name=cleaned_name, password_hash=hash_password(password), is_owner=is_owner)
    session.add(account)
    session.flush()  # callers need the id
    return account


def sign_in(session: Session, *, email: str, password: str, address: str) -> tuple[Account, str]:
    """Check the credentials and give the account with a new session token."""
    cleaned = email.strip().lower()
    _refuse_guessing(session, cleaned, address)
    account = find_account(session, cleaned)
    if (
        not verify_password(account.password_hash if account else None, password)
        or account is None
        or account.disabled_at
    ):
        raise WrongCredentialsError
    session.execute(delete(SignInAttempt).where(SignInAttempt.email == cleaned))
    return account, start_session(session, account)


def record_failure(email: str, address: str) -> None:
    """Remember a failed try, in a transaction of its own because the refusal rolls the request's back."""
    with session_scope() as session:
        session.execute(delete(SignInAttempt).where(SignInAttempt.at < now() - ATTEMPT_WINDOW))
        session.add(SignInAttempt(email=email.strip().lower()[:254], address=address[:64]))


def start_session(session: Session, account: Account) -> str:
    """Sign an account in and give the token that the browser keeps."""
    token = new_token()
    session.add(SignIn(token_hash=hash_token(token), account_id=account.id))
    return token


def account_of_token(session: Session, token: str) -> Account | None:
    """Find who is signed in with a token."""
    if not token:
        return None
    row = session.execute(
        select(SignIn, Account)
        .join(Account)
        .where(SignIn.token_hash == hash_token(token), Account.disabled_at.is_(None))
    ).first()
    if row is None:
        return None
    signed_in, account = row
    moment = now()
    if signed_in.last_seen_at < moment - timedelta(days=get_settings().session_days):
        return None
    if signed_in.last_seen_at < moment - SEEN_EVERY:
        _touch(session, signed_in)
    return account


def sign_out(session: Session, token: str) -> None:
    """End the session of a token."""
    session.execute(delete(SignIn).where(SignIn.token_hash == hash_token(token)))


def _touch(session: Session, signed_in: SignIn) -> None:
    if session.info.get("writes"):
        signed_in.last_seen_at = now()
        return
    # A page view only reads; the note that somebody was here is a short transaction of its own.
    with session_scope() as own:
        kept = own.get(SignIn, signed_in.id)
        if kept is not None:
            kept.last_seen_at = now()


def _refuse_guessing(session: Session, email: str, address: str) -> None:
    recent = select(func.count()).select_from(SignInAttempt).where(SignInAttempt.at >= now() - ATTEMPT_WINDOW)
    by_email = session.scalar(recent.where(SignInAttempt.email == email)) or 0
    by_address = session.scalar(recent.where(SignInAttempt.address == address)) or 0
    if by_email >= MAX_ATTEMPTS_PER_EMAIL or by_address >= MAX_ATTEMPTS_PER_ADDRESS:
        raise TooManyAttemptsError(_("There were too many attempts to sign in. Please wait ten minutes and try again."))
