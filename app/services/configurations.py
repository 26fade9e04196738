"""Named ways to train: keeping, finding, copying, renaming and removing them."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.statuses import Recipe
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Configuration, Project
from app.services.run_configs import clean_config
from app.services.setting_words import Setting, changes_of

NAME_MOST = 80
# More than anybody tells apart; a program that saves in a loop is stopped here.
MOST = 500
# Control characters, separators, private and unassigned characters, halves of surrogates: nobody sees them in a name.
_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs"}


@dataclass(frozen=True)
class ConfigurationRow:
    """A named configuration as the list shows it."""

    configuration: Configuration
    who: str
    changes: list[Setting]


def list_configurations(session: Session, project_id: int, *, limit: int | None = None) -> list[ConfigurationRow]:
    """List the named configurations of a project, newest first."""
    query = (
        select(Configuration, Account.name)
        .outerjoin(Account, Account.id == Configuration.created_by_id)
        .where(Configuration.project_id == project_id)
        .order_by(Configuration.created_at.desc(), Configuration.id.desc())
        .limit(limit)
    )
    return [
        ConfigurationRow(each, who or "", changes_of(each.recipe, each.config)) for each, who in session.execute(query)
    ]


def get_configuration(session: Session, project_id: int, configuration_id: int) -> Configuration:
    """Load a named configuration of a project."""
    found = session.scalar(
        select(Configuration).where(Configuration.project_id == project_id, Configuration.id == configuration_id)
    )
    if found is None:
        raise NotFoundError(_("This project has no such configuration; somebody may have removed it."))
    return found


def named_configuration(session: Session, project_id: int, name: str) -> Configuration:
    """Load a configuration by its name."""
    found = _named(session, project_id, _visible(name))
    if found is None:
        raise NotFoundError(_("This project keeps no configuration “%(name)s”.") % {"name": name})
    return found


def save(
    session: Session,
    project: Project,
    *,
    name: str,
    recipe: Recipe,
    config: Mapping[str, object],
    account: Account | None,
    replace: bool = False,
) -> Configuration:
    """Keep settings under a name; one that is taken is refused, unless what it stands for shall be replaced."""
    cleaned = clean_config(recipe, config)
    _lock(session, project.id)
    wanted = _clean_name(name)
    found = _named(session, project.id, wanted)
    if found is None:
        return _add(session, project.id, wanted, recipe, cleaned, account)
    if not replace:
        raise _taken(wanted)
    found.recipe, found.config = recipe, cleaned
    found.created_by_id = account.id if account else None
    session.flush()
    return found


def rename(session: Session, project: Project, configuration: Configuration, name: str) -> None:
    """Give a configuration another name."""
    _lock(session, project.id)
    wanted = _clean_name(name)
    holder = _named(session, project.id, wanted)
    if holder is not None and holder.id != configuration.id:
        raise _taken(wanted)
    configuration.name = wanted
    session.flush()  # the database has the last word on names


def copy(session: Session, project: Project, configuration: Configuration, account: Account | None) -> Configuration:
    """Keep the same settings once more, under a free name beside the first."""
    _lock(session, project.id)
    taken = set(session.scalars(select(Configuration.name).where(Configuration.project_id == project.id)))
    name = free_name(configuration.name, taken)
    return _add(session, project.id, name, configuration.recipe, dict(configuration.config), account)


def remove(session: Session, configuration: Configuration) -> None:
    """Forget a configuration; runs keep the settings they were trained by."""
    session.delete(configuration)


def free_name(name: str, taken: set[str]) -> str:
    """Find a name like another one that nothing has yet."""
    for number in range(1, len(taken) + 2):
        ending = _(" (copy)") if number == 1 else _(" (copy %(number)s)") % {"number": number}
        offered = name[: NAME_MOST - len(ending)].rstrip() + ending
        if offered not in taken:
            return offered
    raise AssertionError("one more name than are taken is always free")


def _add(
    session: Session,
    project_id: int,
    name: str,
    recipe: Recipe,
    config: dict[str, object],
    account: Account | None,
) -> Configuration:
    count = select(func.count()).select_from(Configuration).where(Configuration.project_id == project_id)
    if (session.scalar(count) or 0) >= MOST:
        raise ConflictError(_("A project keeps at most %(most)s configurations; remove some first.") % {"most": MOST})
    made = Configuration(
        project_id=project_id,
        name=name,
        recipe=recipe,
        config=config,
        created_by_id=account.id if account else None,
    )
    session.add(made)
    session.flush()  # its number is asked for at once
    return made


def _lock(session: Session, project_id: int) -> None:
    # Two leads who save at once wait for each other: the second is told that the name is taken.
    session.execute(select(Project.id).where(Project.id == project_id).with_for_update())


def _named(session: Session, project_id: int, name: str) -> Configuration | None:
    return session.scalar(
        select(Configuration).where(Configuration.project_id == project_id, Configuration.name == name)
    )


def _visible(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())


def _clean_name(name: str) -> str:
    cleaned = _visible(name)
    if not cleaned:
        raise _refused(_("Please give it a name."))
    if len(cleaned) > NAME_MOST:
        raise _refused(_("Please keep the name under %(most)s characters.") % {"most": NAME_MOST + 1})
    if any(unicodedata.category(letter) in _INVISIBLE for letter in cleaned):
        raise _refused(_("The name cannot contain invisible control characters."))
    return cleaned


def _refused(sentence: str) -> InvalidInputError:
    return InvalidInputError(sentence, fields={"name": sentence})


def _taken(name: str) -> ConflictError:
    sentence = _("There is already a configuration “%(name)s”.") % {"name": name}
    return ConflictError(sentence, fields={"name": sentence})
