"""Accounts: making and changing them, signing in and out."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from app.config import get_settings
from app.db import session_scope
from app.errors import AppError, ConflictError, InvalidInputError, NotFoundError, TooManyAttemptsError
from app.i18n import gettext as _
from app.models import Account, Invitation, SignIn, SignInAttempt
from app.models.types import now
from app.security import hash_password, hash_token, new_token, verify_password

# OWASP's authentication guidance: slow guessing down per account and per address without locking people out for long.
ATTEMPT_WINDOW = timedelta(minutes=10)
MAX_ATTEMPTS_PER_EMAIL = 8
MAX_ATTEMPTS_PER_ADDRESS = 40
# Who has one address in IPv6 has 2^64 of them; a network of that size is one household or office.
IPV6_NETWORK_BITS = 64
# Writing on every request would make each page view a write.
SEEN_EVERY = timedelta(minutes=10)
NAME_MAX_LENGTH = 120
EMAIL_MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets


class WrongCredentialsError(AppError):
    """The e-mail address or the password is wrong; which one is not told."""

    status = 422

    def __init__(self) -> None:
        super().__init__(_("This e-mail address and password do not belong together."))


class WrongPasswordError(InvalidInputError):
    """The password that should confirm a change is wrong."""

    def __init__(self) -> None:
        sentence = _("This is not your present password.")
        super().__init__(sentence, fields={"current": sentence})


@dataclass(frozen=True)
class Browser:
    """A browser in which a person is signed in."""

    sign_in: SignIn
    is_this: bool


def normalise_email(email: str) -> str:
    """Bring an e-mail address into the form it is kept in."""
    cleaned = email.strip().lower()
    local, at, domain = cleaned.partition("@")
    complete = at and local and "@" not in domain and "." in domain.strip(".") and cleaned.isprintable()
    if not complete or len(cleaned) > EMAIL_MAX_LENGTH or any(letter.isspace() for letter in cleaned):
        sentence = _("This is not a complete e-mail address.")
        raise InvalidInputError(sentence, fields={"email": sentence})
    return cleaned


def any_account(session: Session) -> bool:
    """Tell whether somebody has an account already."""
    return session.scalar(select(Account.id).limit(1)) is not None


def find_account(session: Session, email: str) -> Account | None:
    """Find an account by e-mail address."""
    return session.scalar(select(Account).where(Account.email == email.strip().lower()))


def get_account(session: Session, account_id: int) -> Account:
    """Load an account."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFoundError
    return account


def list_accounts(session: Session) -> list[Account]:
    """List everyone who has an account, by name."""
    return list(session.scalars(select(Account).order_by(func.lower(Account.name), Account.id)))


def create_account(session: Session, *, email: str, name: str, password: str, is_owner: bool = False) -> Account:
    """Make an account; the e-mail address must be free."""
    cleaned_name, address = _clean_name(name), normalise_email(email)
    if find_account(session, address) is not None:
        sentence = _("There is already an account with this e-mail address.")
        raise ConflictError(sentence, fields={"email": sentence})
    account = Account(email=address, name=cleaned_name, password_hash=hash_password(password), is_owner=is_owner)
    session.add(account)
    session.flush()  # callers need the id
    return account


def rename(account: Account, name: str) -> None:
    """Change the name that others see."""
    account.name = _clean_name(name)


def set_password(session: Session, account: Account, password: str, *, keep: str = "") -> None:
    """Set a password; every browser is signed out but the one whose token is kept, and links to reset it end."""
    account.password_hash = hash_password(password)
    end_sessions(session, account, keep=keep)
    _withdraw(session, Invitation.resets_account_id == account.id)


def set_owner(session: Session, account: Account, *, is_owner: bool) -> None:
    """Make somebody an owner of this Loupe, or end that; one owner is always left."""
    if not is_owner:
        _keep_an_owner(session, account)
    account.is_owner = is_owner


def set_disabled(session: Session, account: Account, *, disabled: bool) -> None:
    """Shut an account out, at once and with the invitations it made, or let it in again."""
    if not disabled:
        account.disabled_at = None
        return
    _keep_an_owner(session, account)
    account.disabled_at = account.disabled_at or now()
    end_sessions(session, account)
    session.execute(delete(Invitation).where(Invitation.created_by_id == account.id, Invitation.accepted_at.is_(None)))


def sign_in(*, email: str, password: str, address: str, browser: str = "") -> str:
    """Check the credentials and give the token of a new session.

    It has transactions of its own: a try counts before its password is looked at, so that many at once are no way
    round the limit, and the slow comparison of the password holds no lock.
    """
    cleaned = _as_typed(email)
    known_hash = _check_password(cleaned, password, address)
    if known_hash is None:
        raise WrongCredentialsError
    with session_scope() as session:
        account = find_account(session, cleaned)
        if account is None or account.disabled_at or account.password_hash != known_hash:
            raise WrongCredentialsError
        _forgive(session, cleaned)
        return start_session(session, account, browser=browser)


def confirm_password(*, email: str, password: str, address: str) -> None:
    """Refuse unless a signed-in person knows the password; tries count as those of signing in do."""
    if _check_password(email, password, address) is None:
        raise WrongPasswordError
    with session_scope() as session:
        _forgive(session, email)


def start_session(session: Session, account: Account, *, browser: str = "") -> str:
    """Sign an account in and give the token that the browser keeps."""
    unused = now() - timedelta(days=get_settings().session_days)
    session.execute(delete(SignIn).where(SignIn.account_id == account.id, SignIn.last_seen_at < unused))
    token = new_token()
    session.add(SignIn(token_hash=hash_token(token), account_id=account.id, browser=browser[:80]))
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


def browsers_of(session: Session, account: Account, token: str) -> list[Browser]:
    """List where an account is signed in, the latest used first."""
    unused = now() - timedelta(days=get_settings().session_days)
    query = select(SignIn).where(SignIn.account_id == account.id, SignIn.last_seen_at >= unused)
    rows = session.scalars(query.order_by(SignIn.last_seen_at.desc(), SignIn.id.desc()))
    return [Browser(row, row.token_hash == hash_token(token)) for row in rows]


def sign_out(session: Session, token: str) -> None:
    """End the session of a token."""
    session.execute(delete(SignIn).where(SignIn.token_hash == hash_token(token)))


def end_sessions(session: Session, account: Account, *, keep: str = "") -> None:
    """Sign an account out everywhere, but for the browser whose token is kept."""
    query = delete(SignIn).where(SignIn.account_id == account.id)
    session.execute(query.where(SignIn.token_hash != hash_token(keep)) if keep else query)


def _clean_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > NAME_MAX_LENGTH or not cleaned.isprintable():
        sentence = _("Please give a name of at most %(count)s characters.") % {"count": NAME_MAX_LENGTH}
        raise InvalidInputError(sentence, fields={"name": sentence})
    return cleaned


def _withdraw(session: Session, which: ColumnElement[bool]) -> None:
    is_open = (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    session.execute(update(Invitation).where(which, *is_open).values(revoked_at=now()))


def _keep_an_owner(session: Session, account: Account) -> None:
    # Two owners who dismiss each other at the same moment wait for each other here.
    query = select(Account.id).where(Account.is_owner, Account.disabled_at.is_(None)).with_for_update()
    if set(session.scalars(query)) <= {account.id}:
        raise ConflictError(_("This is the only owner. Make somebody else an owner first."))


def _touch(session: Session, signed_in: SignIn) -> None:
    if session.info.get("writes"):
        signed_in.last_seen_at = now()
        return
    # A page view only reads; the note that somebody was here is a short transaction of its own.
    with session_scope() as own:
        kept = own.get(SignIn, signed_in.id)
        if kept is not None:
            kept.last_seen_at = now()


def _as_typed(email: str) -> str:
    return "".join(letter for letter in email.strip().lower() if letter.isprintable())[:EMAIL_MAX_LENGTH]


def _check_password(email: str, password: str, address: str) -> str | None:
    _count_attempt(email, _network(address))
    with session_scope(writes=False) as session:
        known_hash = session.scalar(select(Account.password_hash).where(Account.email == email))
    return known_hash if verify_password(known_hash, password) else None


def _count_attempt(email: str, address: str) -> None:
    attempt = SignInAttempt(email=email, address=address)
    with session_scope() as session:
        session.execute(delete(SignInAttempt).where(SignInAttempt.at < now() - ATTEMPT_WINDOW))
        session.add(attempt)
    # Counted only now that it is written: of many tries at once each sees the others, on every database.
    with session_scope() as session:
        recent = select(func.count()).select_from(SignInAttempt).where(SignInAttempt.at >= now() - ATTEMPT_WINDOW)
        by_email = session.scalar(recent.where(SignInAttempt.email == email)) or 0
        by_address = session.scalar(recent.where(SignInAttempt.address == address)) or 0
        refused = by_email > MAX_ATTEMPTS_PER_EMAIL or by_address > MAX_ATTEMPTS_PER_ADDRESS
        if refused:
            # What was refused unseen does not count, so that waiting always helps.
            session.execute(delete(SignInAttempt).where(SignInAttempt.id == attempt.id))
    if refused:
        raise TooManyAttemptsError(_("There were too many attempts to sign in. Please wait ten minutes and try again."))


def _forgive(session: Session, email: str) -> None:
    session.execute(delete(SignInAttempt).where(SignInAttempt.email == email))


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        plain = parsed.ipv4_mapped
        return str(plain or ip_network((parsed, IPV6_NETWORK_BITS), strict=False))
    return str(parsed)
