"""How far people agree: the page, the images behind its numbers, and all figures as files."""

from dataclasses import dataclass
from math import isnan
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Reviewer
from app.domain.statuses import Role
from app.errors import NotFoundError
from app.formats.agreement_csv import agreement_csv, course_csv
from app.i18n import gettext as _
from app.models import Image, Label, Project
from app.services import agreements, differences, labels, raters
from app.services.agreements import LabelAgreement, Pair, Piece, Pieces
from app.services.images import ImageUrls, image_urls
from app.services.raters import Rater
from app.templating import render

router = APIRouter()
PAGE = "/projects/{project_id}/agreement"
# More people than a project has, and an address stays short.
Letter = Annotated[str, Query(pattern=r"^[A-Z]{0,3}$")]


@dataclass(frozen=True)
class AgreementPage:
    """What agreement/page.html shows; `chosen` is the label that its lower half is about, if any is measured."""

    project: Project
    role: Role
    raters: list[Rater]
    hidden: bool
    rows: list[LabelAgreement]
    # Whether any image has two answers for one label.
    measured: bool
    chosen: LabelAgreement | None
    pairs: list[Pair]
    against: dict[tuple[str, str], int]
    course: list[Piece]
    pieces: Pieces
    chart_spec: dict[str, Any]


@dataclass(frozen=True)
class DifferencesPage:
    """What agreement/images.html shows."""

    project: Project
    role: Role
    label: Label
    present: Rater | None
    absent: Rater | None
    total: int
    images: list[tuple[Image, ImageUrls]]
    after: int
    more: str


@router.get(PAGE)
def agreement_page(
    request: Request,
    session: DbSession,
    access: Reviewer,
    label: int | None = None,
    pieces: Pieces = Pieces.HUNDRED,
) -> Response:
    """Show how far people agree on each label, and of one label who disagrees with whom."""
    project = access.project
    hidden = raters.hides_names(session, project, access.role)
    voices = raters.raters(session, project, hidden=hidden)
    rows = agreements.by_label(session, project, voices)
    chosen = _chosen(rows, label)
    two = agreements.pairs(session, project, voices, chosen.label) if chosen else []
    stretches = agreements.course(session, project, chosen.label, pieces) if chosen else []
    page = AgreementPage(
        project=project,
        role=access.role,
        raters=voices,
        hidden=hidden,
        rows=rows,
        measured=any(row.together.images for row in rows),
        chosen=chosen,
        pairs=two,
        against=_against(two),
        course=stretches,
        pieces=pieces,
        chart_spec=course_chart(stretches),
    )
    return render(request, "agreement/page.html", page)


@router.get(f"{PAGE}/images")
def differing(
    request: Request,
    session: DbSession,
    access: Reviewer,
    label: int,
    present: Letter = "",
    absent: Letter = "",
    after: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """Show the images behind a number: one says present, the other absent."""
    project = access.project
    about = _label(session, project, label)
    voices = raters.raters(session, project, hidden=raters.hides_names(session, project, access.role))
    one, other = _rater(voices, present), _rater(voices, absent)
    found = differences.images_differing(session, project, about, present=one, absent=other, after=after)
    more = ""
    if len(found) == differences.PAGE_SIZE:
        more = f"?label={label}&present={present}&absent={absent}&after={found[-1].id}"
    page = DifferencesPage(
        project=project,
        role=access.role,
        label=about,
        present=one,
        absent=other,
        total=differences.count_differing(session, project, about, present=one, absent=other),
        images=[(image, image_urls(project.id, image)) for image in found],
        after=after,
        more=more,
    )
    return render(request, "agreement/images.html", page)


@router.get(f"{PAGE}.csv")
def csv_file(session: DbSession, access: Reviewer) -> Response:
    """Give all figures as one table."""
    text = agreement_csv(_figures(session, access))
    return Response(text, media_type="text/csv; charset=utf-8", headers=_attachment("agreement.csv"))


@router.get(f"/api/v1{PAGE}")
def json_file(session: DbSession, access: Reviewer) -> Response:
    """Give all figures as JSON."""
    figures = {"project": access.project.name} | _figures(session, access)
    return JSONResponse(figures, headers=_attachment("agreement.json"))


@router.get(f"{PAGE}/course.csv")
def course_file(session: DbSession, access: Reviewer, label: int, pieces: Pieces = Pieces.HUNDRED) -> Response:
    """Give the course of one label as a table."""
    found = agreements.course(session, access.project, _label(session, access.project, label), pieces)
    text = course_csv(agreements.course_to_dicts(found))
    return Response(text, media_type="text/csv; charset=utf-8", headers=_attachment("agreement-course.csv"))


def course_chart(stretches: list[Piece]) -> dict[str, Any]:
    """Describe alpha with its interval, a point a stretch of the work."""
    values = [
        {
            "stretch": piece.name,
            "images": piece.together.images,
            "alpha": _told(piece.together.alpha.value),
            "low": _told(piece.together.alpha.interval.low),
            "high": _told(piece.together.alpha.interval.high),
        }
        for piece in stretches
    ]
    across = {"field": "stretch", "type": "ordinal", "sort": None, "title": None, "axis": {"labelAngle": 0}}
    up: dict[str, Any] = {"type": "quantitative", "title": _("Krippendorff's alpha"), "scale": {"domainMax": 1}}
    tooltip = [
        {"field": "stretch", "title": _("Images")},
        {"field": "images", "title": _("How many")},
        {"field": "alpha", "title": _("Alpha"), "format": ".3f"},
        {"field": "low", "title": _("Interval from"), "format": ".3f"},
        {"field": "high", "title": _("Interval to"), "format": ".3f"},
    ]
    return {
        "data": {"values": [value for value in values if value["alpha"] is not None]},
        "width": "container",
        "height": 240,
        "encoding": {"x": across},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {"y": {"field": "low", **up}, "y2": {"field": "high"}},
            },
            {"mark": {"type": "line", "strokeDash": [4, 3]}, "encoding": {"y": {"field": "alpha", **up}}},
            {
                "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1, "color": "token:accent"},
                "encoding": {"y": {"field": "alpha", **up}, "tooltip": tooltip},
            },
        ],
    }


def _chosen(rows: list[LabelAgreement], label: int | None) -> LabelAgreement | None:
    """Choose the label that was asked for, else the one on which people agree least."""
    asked = next((row for row in rows if row.label.id == label), None)
    measured = [row for row in rows if row.together.images]
    if asked is not None or not measured:
        return asked
    # Undefined where all say the same: about those there is nothing to find out.
    return min(measured, key=lambda row: (isnan(row.together.alpha.value), row.together.alpha.value))


def _against(two: list[Pair]) -> dict[tuple[str, str], int]:
    """Count by letters on how many images the first says present and the second absent."""
    counts = {(pair.first.letter, pair.second.letter): pair.only_first for pair in two}
    return counts | {(pair.second.letter, pair.first.letter): pair.only_second for pair in two}


def _told(value: float) -> float | None:
    return None if isnan(value) else value


def _label(session: Session, project: Project, label_id: int) -> Label:
    found = next((each for each in labels.live_labels(session, project.id) if each.id == label_id), None)
    if found is None:
        raise NotFoundError(_("This label is not one of this project."))
    return found


def _rater(voices: list[Rater], letter: str) -> Rater | None:
    found = next((voice for voice in voices if voice.letter == letter), None)
    if letter and found is None:
        raise NotFoundError
    return found


def _figures(session: Session, access: Access) -> dict[str, Any]:
    hidden = raters.hides_names(session, access.project, access.role)
    voices = raters.raters(session, access.project, hidden=hidden)
    return agreements.to_dict(session, access.project, voices)


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
