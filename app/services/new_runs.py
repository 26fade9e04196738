"""What a new run is to be trained by: an earlier run, a named configuration, or what somebody filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.recipe_fields import clean
from app.domain.statuses import JobStatus, Recipe
from app.i18n import gettext as _
from app.models import Job, Project, Run
from app.services import configurations, runs
from app.services.recipe_forms import read_form
from app.services.run_configs import FIELDS, default_config
from app.services.run_parents import parent_of

# What an address and a form say besides the settings.
RECIPE, FROM_RUN, FROM_CONFIGURATION, PARENT = "recipe", "from", "configuration", "parent"
# The recipe whose settings a form had drawn, and a setting of it that shall have its default again.
DRAWN, TO_DEFAULT = "drawn", "default"


@dataclass(frozen=True)
class Beginning:
    """How a form begins, or what it was sent with: the recipe, its values as typed, and where they are from."""

    recipe: Recipe
    values: dict[str, object]
    # What a person should know about where the values are from.
    told: list[str] = field(default_factory=list)
    # The run whose network is trained further.
    parent: Run | None = None


def beginning(session: Session, project: Project, given: Sequence[tuple[str, str]]) -> Beginning:
    """Read what an address or a form says.

    Known are `from`, the number of a run to copy; a `configuration`'s number; `parent`, the number of a run to go on
    from; a `recipe`; and single settings, which come before all of these.
    """
    said = dict(given)
    copied = _copied(session, project, said)
    recipe = _recipe(said.get(RECIPE, ""), copied.recipe)
    # Of another recipe's settings the few that both have would be kept by chance, not by choice.
    if copied.recipe is not recipe:
        copied = Beginning(recipe, {})
    filled = read_form(recipe, given) if said.get(DRAWN, recipe) == recipe else {}
    values = {**copied.values, **filled}
    values.pop(said.get(TO_DEFAULT, ""), None)
    return Beginning(recipe, values, copied.told, copied.parent)


def usable(recipe: Recipe, config: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    """Complete settings that were kept by some version of Loupe; give also the names of those that mean nothing now."""
    values, problems = clean(FIELDS[recipe], config)
    return dict(values), sorted(problems)


def last_seconds(session: Session, project_id: int) -> dict[Recipe, float]:
    """Tell for each recipe how long its latest finished run in the project took."""
    taken: dict[Recipe, float] = {}
    for recipe in Recipe:
        query = (
            select(Job.started_at, Job.finished_at)
            .join(Run, Run.job_id == Job.id)
            .where(Run.project_id == project_id, Run.deleted_at.is_(None), Run.recipe == recipe)
            .where(Job.status == JobStatus.SUCCEEDED)
            .order_by(Run.number.desc())
            .limit(1)
        )
        found = session.execute(query).first()
        if found is not None and found.started_at is not None and found.finished_at is not None:
            taken[recipe] = max(found.finished_at - found.started_at, timedelta()).total_seconds()
    return taken


def latest(session: Session, project_id: int) -> Run | None:
    """Find the newest run that is still listed, however it ended."""
    query = select(Run).where(Run.project_id == project_id, Run.deleted_at.is_(None))
    return session.scalar(query.order_by(Run.number.desc()).limit(1))


def unlike_the_button(session: Session, project_id: int) -> Run | None:
    """Find the newest run, where it was trained otherwise than the one button would."""
    newest = latest(session, project_id)
    if newest is None:
        return None
    values, _dropped = usable(newest.recipe, newest.config)
    return None if newest.recipe is Recipe.QUICK and values == default_config(Recipe.QUICK) else newest


def _copied(session: Session, project: Project, said: Mapping[str, str]) -> Beginning:
    parent = _run(session, project, said, PARENT)
    earlier = _run(session, project, said, FROM_RUN)
    if earlier is not None:
        where = _("The settings of run %(number)s.") % {"number": earlier.number}
        # A run that did not come to its end is done again as it was meant, from where it had begun.
        meant = None if earlier.job.status is JobStatus.SUCCEEDED else parent_of(session, earlier)
        return _from(earlier.recipe, earlier.config, where, parent or meant)
    if said.get(FROM_CONFIGURATION, "").isdecimal():
        kept = configurations.get_configuration(session, project.id, int(said[FROM_CONFIGURATION]))
        return _from(kept.recipe, kept.config, _("The settings kept as “%(name)s”.") % {"name": kept.name}, parent)
    if parent is not None:
        where = _("The settings are those of run %(number)s, too.") % {"number": parent.number}
        return _from(parent.recipe, parent.config, where, parent)
    return Beginning(_recipe(said.get(RECIPE, ""), Recipe.QUICK), {})


def _run(session: Session, project: Project, said: Mapping[str, str], name: str) -> Run | None:
    text = said.get(name, "")
    return runs.get_run(session, project.id, int(text)) if text.isdecimal() else None


def _from(recipe: Recipe, config: Mapping[str, object], where: str, parent: Run | None) -> Beginning:
    values, dropped = usable(recipe, config)
    told = [where]
    if dropped:
        lost = _("These of them mean nothing to this version and were left out: %(names)s.")
        told.append(lost % {"names": ", ".join(dropped)})
    return Beginning(recipe, values, told, parent)


def _recipe(text: str, otherwise: Recipe) -> Recipe:
    return Recipe(text) if text in set(Recipe) else otherwise
