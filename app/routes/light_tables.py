"""The light table: many images at once, tagged together; and one label asked of a page of images at a time."""

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.config import get_settings
from app.deps import Access, Annotator, DbSession
from app.domain.statuses import Answer, Role
from app.errors import NotFoundError
from app.i18n import gettext as _
from app.models import Image, Label, Project
from app.routes.images import Wanted as Filter
from app.routes.images import query_of
from app.services import bulk_answers, images, light_tables, runs, similarity
from app.services.labels import live_labels
from app.services.light_tables import LabelProgress, Seen, TableOrder, Wanted
from app.templating import render

router = APIRouter()
PAGE = "/projects/{project_id}/light-table"
API = "/api/v1/projects/{project_id}/light-table"
# Ids as scripts read them, four bytes each whatever machine sends them: 100,000 images are 400 KB.
SENT_IDS = np.dtype("<u4")
# A screenful of small tiles and some on either side; as many ids fit into an address.
SEEN_MOST = 200
# What narrows a table by what others answered; withheld where a person may not see that.
BY_ANNOTATOR = "annotator:"


class AnswersRequest(BaseModel):
    """Answers on one label for many images, by what they say; a large batch comes in parts under one key."""

    batch_key: Annotated[str, Field(min_length=16, max_length=40)]
    label_id: int
    version: int = 1
    present: list[int] = []
    absent: list[int] = []
    unsure: list[int] = []

    def by_image(self) -> dict[int, Answer]:
        """Give the answer of each image."""
        given = {Answer.PRESENT: self.present, Answer.ABSENT: self.absent, Answer.UNSURE: self.unsure}
        return {image_id: answer for answer, ids in given.items() for image_id in ids}


class UndoRequest(BaseModel):
    """A batch, and for which images it is to be taken back."""

    batch_key: Annotated[str, Field(max_length=40)]
    image_ids: list[int]
    # The label that is asked of them, where the page of a question comes back.
    question: int | None = None


@dataclass(frozen=True)
class TablePage:
    """What light_tables/page.html shows; `asked` is the label of the question, where it is one."""

    project: Project
    role: Role
    wanted: Wanted
    labels: list[Label]
    asked: Label | None
    progress: LabelProgress | None
    like: Image | None
    orders: list[TableOrder]
    compared: bool
    comparing: bool
    sees_others: bool
    keeps_out: bool
    table: dict[str, Any]


def read_table(
    narrowed: Filter,
    order: str = "",
    tag: str = "",
    ask: str = "",
    like: str = "",
    apart: str = "",
) -> Wanted:
    """Read a table from an address; what makes no sense is passed over, so that an old link still opens."""
    label = ask or tag
    alike = int(like) if like.isdecimal() else None
    usual = TableOrder.ALIKE if alike else TableOrder.LIKELY if ask else TableOrder.SEQUENTIAL
    return Wanted(
        filter=narrowed,
        order=next((each for each in TableOrder if each.value == order), usual),
        label_id=int(label) if label.isdecimal() else None,
        like=alike,
        ask=ask.isdecimal(),
        together=apart != "1",
    )


WantedTable = Annotated[Wanted, Depends(read_table)]


@router.get(PAGE)
def table_page(request: Request, session: DbSession, access: Annotator, wanted: WantedTable) -> Response:
    """Show the table; the images come to it by its scripts."""
    project = access.project
    seen, wanted = _may_see(session, access, wanted)
    labels = live_labels(session, project.id)
    asked = _asked(labels, wanted)
    like = images.get_image(session, project.id, wanted.like) if wanted.like else None
    page = TablePage(
        project=project,
        role=access.role,
        wanted=wanted,
        labels=labels,
        asked=asked,
        progress=light_tables.progress(session, project, asked.id) if asked and seen else None,
        like=like,
        orders=_orders(session, access, wanted),
        compared=similarity.vectors(session, project) is not None,
        comparing=similarity.is_open(session, project.id),
        sees_others=seen,
        keeps_out=_keeps_out(session, access, wanted),
        table=_table(session, access, wanted, labels),
    )
    return render(request, "light_tables/page.html", page)


@router.get(f"{API}/images")
def table_images(session: DbSession, access: Annotator, wanted: WantedTable) -> Response:
    """Send the ids of all images on the table in their order, packed; a header says where the order is another."""
    seen, wanted = _may_see(session, access, wanted)
    oversees = access.role.at_least(Role.REVIEWER)
    laid = light_tables.lay_out(session, access.project, access.account, wanted, open_=seen, overseeing=oversees)
    headers = {"Cache-Control": "private, no-store", "X-Instead": laid.instead or ""}
    return Response(laid.ids.astype(SENT_IDS).tobytes(), media_type="application/octet-stream", headers=headers)


@router.get(f"{API}/seen")
def table_seen(
    session: DbSession, access: Annotator, ids: str, label: Annotated[int | None, Query()] = None
) -> dict[str, Any]:
    """Tell what is known of the images that are seen, by their ids."""
    wanted = [int(each) for each in ids.split(",") if each.isdecimal()][:SEEN_MOST]
    open_ = light_tables.sees_others(session, access.project, access.role)
    spoken = _hears(session, access)
    found = light_tables.see(session, access.project, access.account, wanted, label if spoken else None)
    return {"images": [_as_json(one, open_=open_) for one in found]}


@router.post(f"{API}/answers")
def give(session: DbSession, access: Annotator, given: AnswersRequest) -> dict[str, Any]:
    """Keep answers on one label for many images; sent twice under one key they count once."""
    kept = bulk_answers.give(
        session,
        project=access.project,
        account=access.account,
        label_id=given.label_id,
        version=given.version,
        answers=given.by_image(),
        batch_key=given.batch_key,
        overseeing=access.role.at_least(Role.REVIEWER),
    )
    return asdict(kept)


@router.post(f"{API}/undo")
def undo(session: DbSession, access: Annotator, given: UndoRequest) -> dict[str, int]:
    """Take answers back that were given together; never arrived, or done already, it changes nothing."""
    taken = bulk_answers.take_back(
        session,
        account=access.account,
        batch_key=given.batch_key,
        image_ids=set(given.image_ids),
        question=given.question,
    )
    return {"undone": taken}


@router.post(f"{PAGE}/compare")
def compare(session: DbSession, access: Annotator, like: Annotated[int | None, Query()] = None) -> Response:
    """Have the images compared, so that similar ones can be found."""
    similarity.request(session, access.project.id)
    root = PAGE.format(project_id=access.project.id)
    return RedirectResponse(f"{root}?like={like}" if like else root, status_code=303)


def _keeps_out(session: Session, access: Access, wanted: Wanted) -> bool:
    """Tell whether images are missing on this table because they were given to other people."""
    narrowed = wanted.ask or not access.role.at_least(Role.REVIEWER)
    return narrowed and light_tables.keeps_out(session, access.project, access.account)


def _may_see(session: Session, access: Access, wanted: Wanted) -> tuple[bool, Wanted]:
    """Tell whether this person may see what others answered; where not, nothing is narrowed by it.

    Nor does the model order the images for somebody who is not to know what it says.
    """
    if wanted.order.by_model and not _hears(session, access):
        wanted = replace(wanted, order=TableOrder.SEQUENTIAL)
    if light_tables.sees_others(session, access.project, access.role):
        return True, wanted
    narrowed = wanted.filter
    by_people = narrowed.slice.startswith(BY_ANNOTATOR)
    blind = replace(narrowed, status=None, label_id=None, slice="" if by_people else narrowed.slice)
    return False, replace(wanted, filter=blind)


def _asked(labels: list[Label], wanted: Wanted) -> Label | None:
    """Find the label that a table asks for; None where it asks for none."""
    if not wanted.ask:
        return None
    found = next((label for label in labels if label.id == wanted.label_id), None)
    if found is None:
        raise NotFoundError(_("This label is not one of this project, or no longer."))
    return found


def _table(session: Session, access: Access, wanted: Wanted, labels: list[Label]) -> dict[str, Any]:
    """Gather what the scripts of the table need."""
    project = access.project
    return {
        "api": API.format(project_id=project.id),
        "images": f"/projects/{project.id}/images",
        "project": project.id,
        "query": query_of(wanted.filter, **_query(wanted)),
        "part": bulk_answers.PART_MOST,
        "chunk": SEEN_MOST,
        "label": wanted.label_id,
        "claim_seconds": get_settings().claim_minutes * 60,
        "limit": light_tables.limit(session, project, wanted.label_id) if _hears(session, access) else None,
        "labels": [
            {
                "id": label.id,
                "name": label.name,
                "key": label.key,
                "colour": label.colour,
                "version": label.definition_version,
            }
            for label in labels
        ],
    }


def _hears(session: Session, access: Access) -> bool:
    return light_tables.hears_model(session, access.project, access.role)


def _orders(session: Session, access: Access, wanted: Wanted) -> list[TableOrder]:
    """List the orders that can be chosen: by the model where there is one, by an image where one is named."""
    project = access.project
    has_model = _hears(session, access) and runs.active_run(session, project.id) is not None
    return [
        each
        for each in TableOrder
        if (has_model or not each.by_model) and (wanted.like or each is not TableOrder.ALIKE)
    ]


def _query(wanted: Wanted) -> dict[str, str]:
    """Write what an address says beside the filter."""
    label = str(wanted.label_id) if wanted.label_id else ""
    values = {
        "order": wanted.order.value,
        "ask": label if wanted.ask else "",
        "tag": "" if wanted.ask else label,
        "like": str(wanted.like) if wanted.like else "",
        "apart": "" if wanted.together else "1",
    }
    return {name: value for name, value in values.items() if value}


def _as_json(seen: Seen, *, open_: bool) -> dict[str, Any]:
    image = seen.image
    return {
        "id": image.id,
        "name": image.name,
        "width": image.width,
        "height": image.height,
        "group": image.group_key,
        "truth": seen.truth if open_ else {},
        "own": seen.own,
        "probability": None if seen.probability is None else round(seen.probability, 3),
    }
