"""The page on which a lead decides how people tag."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Lead
from app.domain.sampling import Order
from app.domain.statuses import Role, Suggestions
from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.models import DeskSettings, Job, Label, Project
from app.services import auto_training, controls, desk_settings, opinion_plans, overlaps
from app.services.auto_training import Standing
from app.services.labels import live_labels
from app.services.opinion_plans import OpinionPlan
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/tagging")
# More than anybody means, and less than a database column holds.
MOST = 1_000_000_000
# What the address says where a job goes through the images.
IN_BACKGROUND = "later"
Choice = TypeVar("Choice", bound=StrEnum)


class TaggingForm(BaseModel):
    """The settings as they are typed; what was refused stays as it was typed."""

    suggestions: str = Suggestions.SHOWN.value
    order: str = Order.SEQUENTIAL.value
    order_label_id: str = ""
    opinions: str = "1"
    opinions_percent: str = "100"
    blind: str = ""
    names_hidden: str = ""
    control_percent: str = "0"
    train_after: str = ""


@dataclass(frozen=True)
class TaggingPage:
    """What desk_settings/page.html shows; its block `form` is what is sent and comes back."""

    project: Project
    role: Role
    form: TaggingForm
    labels: list[Label]
    plan: OpinionPlan | None
    # How many control images there are to mix in.
    controls: int
    # How far the project is from the next run that starts by itself, by the settings that are kept.
    training: Standing | None
    done: str = ""
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PlanFragment:
    """What the block `plan` of desk_settings/page.html shows."""

    plan: OpinionPlan | None


@router.get("")
def settings_page(request: Request, session: DbSession, access: Lead, done: str = "") -> Response:
    """Show how people tag in this project, to be changed."""
    form = _as_typed(desk_settings.settings_of(session, access.project))
    said = _told(in_background=done == IN_BACKGROUND) if done else ""
    return render(request, "desk_settings/page.html", _page(session, access, form, done=said))


@router.post("")
def change_settings(
    request: Request, session: DbSession, access: Lead, form: Annotated[TaggingForm, Form()]
) -> Response:
    """Keep the settings; the page stays where it is, and faults stand beside their fields."""
    is_fragment = "hx-request" in request.headers
    block = "form" if is_fragment else None
    try:
        with session.begin_nested():
            job = _keep(session, access, _values(form))
    except InvalidInputError as refusal:
        page = _page(session, access, form, errors=refusal.fields)
        return render(request, "desk_settings/page.html", page, block=block, status=refusal.status)
    if not is_fragment:
        done = "1" if job is None else IN_BACKGROUND
        return RedirectResponse(f"/projects/{access.project.id}/tagging?done={done}", status_code=303)
    kept = _as_typed(desk_settings.settings_of(session, access.project))
    page = _page(session, access, kept, done=_told(in_background=job is not None))
    return render(request, "desk_settings/page.html", page, block=block)


@router.get("/plan")
def opinions_plan(
    request: Request,
    session: DbSession,
    access: Lead,
    opinions: Annotated[str, Query()] = "",
    opinions_percent: Annotated[str, Query()] = "",
) -> Response:
    """Say what the number of opinions in the form would ask of people, before it is kept."""
    fragment = PlanFragment(_plan(session, access.project, opinions, opinions_percent))
    return render(request, "desk_settings/page.html", fragment, block="plan")


def _told(*, in_background: bool) -> str:
    if in_background:
        return _("Saved. How many people each image wants is set in the background, which the page of jobs shows.")
    return _("Saved. It holds from the next image on.")


def _keep(session: Session, access: Access, values: dict[str, object]) -> Job | None:
    """Keep what was chosen; gives the job that brings the images in line, where that takes one."""
    project = access.project
    before = desk_settings.settings_of(session, project)
    wanted = (before.opinions, before.opinions_share)
    settings = desk_settings.change(session, project, values)
    # All images are gone through: only where there is a reason.
    changed = (settings.opinions, settings.opinions_share) != wanted
    return overlaps.settle(session, project, access.account) if changed else None


def _page(
    session: Session, access: Access, form: TaggingForm, *, done: str = "", errors: dict[str, str] | None = None
) -> TaggingPage:
    kept = desk_settings.settings_of(session, access.project)
    return TaggingPage(
        project=access.project,
        role=access.role,
        form=form,
        labels=live_labels(session, access.project.id),
        plan=_plan(session, access.project, form.opinions, form.opinions_percent),
        controls=len(controls.listed(session, access.project)),
        training=auto_training.explained(session, access.project, kept),
        done=done,
        errors=errors or {},
    )


def _as_typed(settings: DeskSettings) -> TaggingForm:
    return TaggingForm(
        suggestions=settings.suggestions.value,
        order=settings.order.value,
        order_label_id=str(settings.order_label_id or ""),
        opinions=str(settings.opinions),
        opinions_percent=f"{100 * settings.opinions_share:g}",
        blind="1" if settings.blind else "",
        names_hidden="1" if settings.names_hidden else "",
        control_percent=f"{100 * settings.control_share:g}",
        train_after=str(settings.train_after or ""),
    )


def _values(form: TaggingForm) -> dict[str, object]:
    """Read the form; refuse what is no number or no choice, each by its field."""
    faults: dict[str, str] = {}
    read = _Reader(faults)
    order = read.choice("order", Order, form.order)
    label_id = read.whole("order_label_id", form.order_label_id, empty=None)
    values: dict[str, object] = {
        "suggestions": read.choice("suggestions", Suggestions, form.suggestions),
        "order": order,
        "order_label_id": label_id if order in desk_settings.ORDERS_OF_LABELS else None,
        "opinions": read.whole("opinions", form.opinions, empty=1),
        "opinions_share": read.share("opinions_share", form.opinions_percent),
        "blind": bool(form.blind),
        "names_hidden": bool(form.names_hidden),
        "control_share": read.share("control_share", form.control_percent),
        "train_after": read.whole("train_after", form.train_after, empty=None),
    }
    if faults:
        raise InvalidInputError(next(iter(faults.values())), fields=faults)
    return values


@dataclass(frozen=True)
class _Reader:
    """Reads fields, and writes down by name which of them could not be read."""

    faults: dict[str, str]

    def choice(self, name: str, kind: type[Choice], text: str) -> Choice | None:
        try:
            return kind(text)
        except ValueError:
            self.faults[name] = _("Please choose one of these.")
            return None

    def whole(self, name: str, text: str, *, empty: int | None) -> int | None:
        if not text.strip():
            return empty
        try:
            number = int(text.strip())
        except ValueError:
            self.faults[name] = _("Please give a whole number.")
            return None
        if abs(number) > MOST:
            self.faults[name] = _("Please give a smaller number.")
            return None
        return number

    def share(self, name: str, text: str) -> float | None:
        try:
            return float(text.strip().replace(",", ".") or 0) / 100
        except ValueError:
            self.faults[name] = _("Please give a number of per cent.")
            return None


def _plan(session: Session, project: Project, opinions: str, percent: str) -> OpinionPlan | None:
    """Reckon the plan of a form; None where the form says nothing usable."""
    faults: dict[str, str] = {}
    read = _Reader(faults)
    wanted, share = read.whole("opinions", opinions, empty=1), read.share("opinions_share", percent)
    if wanted is None or share is None or not 1 <= wanted <= desk_settings.OPINIONS_MOST or not 0 <= share <= 1:
        return None
    return opinion_plans.plan(session, project, opinions=wanted, share=share)
