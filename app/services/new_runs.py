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

# What an address and a form say besides the settings.
RECIPE, FROM_RUN, FROM_CONFIGURATION = "recipe", "from", "configuration"
# The recipe whose settings a form had drawn, and a setting of it that shall have its default again.
DRAWN, TO_DEFAULT = "drawn", "default"


@dataclass(frozen=True)
class Beginning:
    """How a form begins, or what it was sent with: the recipe, its values as typed, and where they are from."""

    recipe: Recipe
    values: dict[str, object]
    # What a person should know about where the values are from.
    told: list[str] = field(default_factory=list)


def beginning(session: Session, project: Project, given: Sequence[tuple[str, str]]) -> Beginning:
    """Read what an address or a form says: `from` a run's number, a `configuration`'s, a `recipe`, single settings."""
    said = dict(given)
    copied = _copied(session, project, said)
    recipe = _recipe(said.get(RECIPE, ""), copied.recipe)
    # Of another recipe's settings the few that both have would be kept by chance, not by choice.
    if copied.recipe is not recipe:
        copied = Beginning(recipe, {})
    filled = read_form(recipe, given) if said.get(DRAWN, recipe) == recipe else {}
    values = {**copied.values, **filled}
    values.pop(said.get(TO_DEFAULT, ""), None)
    return Beginning(recipe, values, copied.told)


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
            .where(Run.project_id == project_id, Run.recipe == recipe, Job.status == JobStatus.SUCCEEDED)
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
    if said.get(FROM_RUN, "").isdecimal():
        run = runs.get_run(session, project.id, int(said[FROM_RUN]))
        where = _("The settings of run %(number)s.") % {"number": run.number}
        return _from(run.recipe, run.config, where)
    if said.get(FROM_CONFIGURATION, "").isdecimal():
        kept = configurations.get_configuration(session, project.id, int(said[FROM_CONFIGURATION]))
        return _from(kept.recipe, kept.config, _("The settings kept as “%(name)s”.") % {"name": kept.name})
    return Beginning(_recipe(said.get(RECIPE, ""), Recipe.QUICK), {})


def _from(recipe: Recipe, config: Mapping[str, object], where: str) -> Beginning:
    values, dropped = usable(recipe, config)
    told = [where]
    if dropped:
        lost = _("These of them mean nothing to this version and were left out: %(names)s.")
        told.append(lost % {"names": ", ".join(dropped)})
    return Beginning(recipe, values, told)


def _recipe(text: str, otherwise: Recipe) -> Recipe:
    return Recipe(text) if text in set(Recipe) else otherwise
