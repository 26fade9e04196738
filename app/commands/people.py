"""`loupe user ...`."""

import sys
from typing import Annotated

import typer

from app.commands.base import DataOption, JsonOption, begin
from app.db import session_scope
from app.errors import NotFoundError
from app.i18n import gettext as _
from app.services import accounts

PasswordOption = Annotated[
    bool, typer.Option("--password-stdin", help=_("Read the password from standard input instead of asking."))
]

user = typer.Typer(help=_("People who can sign in."), no_args_is_help=True)


@user.command("add")
def add(
    email: Annotated[str, typer.Argument(help=_("E-mail address to sign in with."))],
    name: Annotated[str, typer.Option("--name", help=_("Name that others see."))],
    *,
    owner: Annotated[bool, typer.Option("--owner", help=_("May do everything, in every project."))] = False,
    password_stdin: PasswordOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an account."""
    output = begin(data, as_json=as_json)
    password = _ask_password(from_stdin=password_stdin)
    with session_scope() as session:
        account = accounts.create_account(session, email=email, name=name, password=password, is_owner=owner)
    output.result(
        {"id": account.id, "email": account.email, "name": account.name, "owner": account.is_owner},
        _("Made an account for %(email)s.") % {"email": account.email},
    )


@user.command("password")
def change_password(
    email: Annotated[str, typer.Argument(help=_("E-mail address of the account."))],
    *,
    password_stdin: PasswordOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set a new password for somebody who forgot theirs; every browser is signed out."""
    output = begin(data, as_json=as_json)
    password = _ask_password(from_stdin=password_stdin)
    with session_scope() as session:
        account = accounts.find_account(session, email)
        if account is None:
            raise NotFoundError(_("Nobody has an account with the e-mail address %(email)s.") % {"email": email})
        accounts.set_password(session, account, password)
    output.result({"email": account.email}, _("Set a new password for %(email)s.") % {"email": account.email})


def _ask_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt(_("Password"), hide_input=True, confirmation_prompt=True, err=True))
