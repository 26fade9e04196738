"""Images: the grid with its filters, one image with its history, and the bytes."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from app.deps import Access, Annotator, DbSession, Files, Reviewer
from app.domain.statuses import Answer, Role, Split, TruthValue
from app.models import Image, Label, LabelExample, Project
from app.services import annotations, blindness, facets, images, label_examples, labels, renditions, slices
from app.services.blindness import Seen
from app.services.images import ImageCounts, ImageFilter, ImageStatus, ImageUrls, LabelState
from app.services.renditions import Served
from app.storage import Rendition, Storage
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/images")

# An image's bytes never change, but who may see them does: its own browser keeps them for a day, nobody else ever.
KEPT = "private, max-age=86400"
EXCLUDED = "excluded"
# No other scheme: an address of a table may be meant to run something.
WEB_ADDRESS = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True)
class GridItem:
    """One image of the grid: its status, and the labels that are present or disputed."""

    image: Image
    urls: ImageUrls
    status: ImageStatus
    labels: list[tuple[Label, TruthValue]]


@dataclass(frozen=True)
class Detail:
    """A detail of an image: its name, what it says, and where the images are that share it, unless it is long."""

    name: str
    value: str
    alike: str

    @property
    def is_link(self) -> bool:
        """Tell whether the value is an address on the web; only such a one may be followed."""
        return WEB_ADDRESS.fullmatch(self.value) is not None


@dataclass(frozen=True)
class ImagesPage:
    """What images/list.html shows."""

    project: Project
    role: Role
    wanted: ImageFilter
    # Whether nothing may be told of what others answered.
    is_blind: bool
    counts: ImageCounts
    found: int
    labels: list[Label]
    items: list[GridItem]
    query: str
    before: str
    after: str


@dataclass(frozen=True)
class ImagePageContext:
    """What images/show.html shows."""

    project: Project
    role: Role
    image: Image
    urls: ImageUrls
    status: ImageStatus
    truths: list[tuple[Label, TruthValue | None]]
    details: list[Detail]
    seen: Seen
    similar: list[tuple[Image, ImageUrls]]
    previous: str
    following: str
    back: str
    query: str
    may_decide: bool
    examples: dict[int, LabelExample]
    # What became of labels that were merged or split, for answers that were given under their names.
    heirs: dict[int, list[Label]]


def read_filter(
    status: str = "",
    label: str = "",
    state: str = "",
    split: str = "",
    text: str = "",
    import_id: Annotated[str, Query(alias="import")] = "",
    slice: str = "",  # noqa: A002 - the query's name
    group: str = "",
) -> ImageFilter:
    """Read the filter of an address; what makes no sense is passed over, so that an old link still opens."""
    return ImageFilter(
        status=_one_of(ImageStatus, status),
        excluded=status == EXCLUDED,
        label_id=int(label) if label.isdecimal() else None,
        label_state=_one_of(LabelState, state) or LabelState.PRESENT,
        split=_one_of(Split, split),
        text=text.strip(),
        import_id=int(import_id) if import_id.isdecimal() else None,
        slice=slice,
        group_key=group or None,
    )


Wanted = Annotated[ImageFilter, Depends(read_filter)]


def query_of(wanted: ImageFilter, **more: str) -> str:
    """Write a filter as it stands in an address."""
    values = {
        "status": EXCLUDED if wanted.excluded else (wanted.status or ""),
        "label": wanted.label_id or "",
        "state": wanted.label_state if wanted.label_id and wanted.label_state is not LabelState.PRESENT else "",
        "split": wanted.split or "",
        "text": wanted.text,
        "import": wanted.import_id or "",
        "slice": wanted.slice,
        "group": wanted.group_key or "",
    }
    query = urlencode({name: value for name, value in (values | more).items() if value != ""})
    return f"?{query}" if query else ""


@router.get("")
def list_page(
    request: Request, session: DbSession, access: Annotator, wanted: Wanted, after: str = "", before: str = ""
) -> Response:
    """Show the images that a filter finds, a page at a time."""
    project = access.project
    is_blind = blindness.is_blind(session, project, access.role)
    wanted = blindness.without_others(wanted) if is_blind else wanted
    page = images.list_images(session, project.id, wanted, after=after or None, before=before or None)
    hidden = blindness.hidden_among(session, project, access.account, access.role, page.images)
    ids = [image.id for image in page.images]
    statuses, truths = images.statuses(session, ids), images.resolved_labels(session, ids)
    live = {label.id: label for label in labels.live_labels(session, project.id)}
    items = [
        GridItem(
            image,
            images.image_urls(project.id, image),
            ImageStatus.NOT_TAGGED if image.id in hidden else statuses[image.id],
            [
                (live[i], value)
                for i, value in truths.get(image.id, {}).items()
                if value is not TruthValue.ABSENT and image.id not in hidden
            ],
        )
        for image in page.images
    ]
    context = ImagesPage(
        project=project,
        role=access.role,
        wanted=wanted,
        is_blind=is_blind,
        counts=images.counts(session, project.id),
        found=images.count_images(session, project.id, wanted),
        labels=list(live.values()),
        items=items,
        query=query_of(wanted),
        before=query_of(wanted, before=page.before) if page.before else "",
        after=query_of(wanted, after=page.after) if page.after else "",
    )
    return render(request, "images/list.html", context)


@router.get("/{image_id}")
def image_page(request: Request, session: DbSession, access: Annotator, image_id: int, wanted: Wanted) -> Response:
    """Show one image, what is known of it, and who said so."""
    project = access.project
    image = images.get_image(session, project.id, image_id)
    truths = images.resolved_labels(session, [image.id]).get(image.id, {})
    seen = blindness.seen_of(session, project, access.account, access.role, image)
    if blindness.is_blind(session, project, access.role):
        wanted = blindness.without_others(wanted)
    previous, following = images.neighbours(session, image, wanted)
    query = query_of(wanted)
    root = f"/projects/{project.id}/images"
    context = ImagePageContext(
        project=project,
        role=access.role,
        image=image,
        urls=images.image_urls(project.id, image),
        status=images.statuses(session, [image.id])[image.id],
        truths=[(label, truths.get(label.id)) for label in labels.live_labels(session, project.id)],
        details=_details(access, image),
        seen=seen,
        similar=[(other, images.image_urls(project.id, other)) for other in images.similar_images(session, image)],
        previous=f"{root}/{previous}{query}" if previous else "",
        following=f"{root}/{following}{query}" if following else "",
        back=f"{root}{query}",
        query=query,
        may_decide=access.is_at_least(Role.REVIEWER) and image.excluded_at is None,
        examples=label_examples.examples_in(session, image),
        heirs=labels.heirs(session, project.id),
    )
    return render(request, "images/show.html", context)


@router.post("/{image_id}/decide")
def decide(
    session: DbSession,
    access: Reviewer,
    image_id: int,
    wanted: Wanted,
    label_id: Annotated[int, Form()],
    answer: Annotated[Answer, Form()],
) -> Response:
    """Settle one label of an image."""
    annotations.decide(
        session, project=access.project, image_id=image_id, account=access.account, label_id=label_id, answer=answer
    )
    return _to_image(access, image_id, wanted)


@router.post("/{image_id}/exclude")
def exclude(session: DbSession, access: Reviewer, image_id: int, wanted: Wanted) -> Response:
    """Leave an image out."""
    images.set_excluded(images.get_image(session, access.project.id, image_id), excluded=True)
    return _to_image(access, image_id, wanted)


@router.post("/{image_id}/include")
def include(session: DbSession, access: Reviewer, image_id: int, wanted: Wanted) -> Response:
    """Take an image in again."""
    images.set_excluded(images.get_image(session, access.project.id, image_id), excluded=False)
    return _to_image(access, image_id, replace(wanted, excluded=False))


@router.get("/{image_id}/thumbnail")
def thumbnail(request: Request, session: DbSession, access: Annotator, image_id: int, storage: Files) -> Response:
    """Send an image as the grid shows it."""
    return _rendition(request, images.get_image(session, access.project.id, image_id), "thumbnail", storage)


@router.get("/{image_id}/screen")
def screen(request: Request, session: DbSession, access: Annotator, image_id: int, storage: Files) -> Response:
    """Send an image as the desk shows it."""
    return _rendition(request, images.get_image(session, access.project.id, image_id), "screen", storage)


@router.get("/{image_id}/original")
def original(request: Request, session: DbSession, access: Annotator, image_id: int, storage: Files) -> Response:
    """Send the untouched file of an image."""
    image = images.get_image(session, access.project.id, image_id)
    served = renditions.find_original(storage, image)
    return _bytes(request, served, f'"{image.sha256}"', file_name=image.name.rpartition("/")[2])


def _details(access: Access, image: Image) -> list[Detail]:
    return [
        Detail(name, value, _alike(access, name, value) if len(value) <= facets.LONGEST_VALUE else "")
        for name, value in image.details.items()
    ]


def _alike(access: Access, name: str, value: str) -> str:
    query = query_of(ImageFilter(slice=slices.detail_address(name, value)))
    return f"/projects/{access.project.id}/images{query}"


def _one_of(kind: type[Choice], value: str) -> Choice | None:
    return next((member for member in kind if member.value == value), None)


def _to_image(access: Access, image_id: int, wanted: ImageFilter) -> Response:
    target = f"/projects/{access.project.id}/images/{image_id}{query_of(wanted)}"
    return RedirectResponse(target, status_code=303)


def _rendition(request: Request, image: Image, kind: Rendition, storage: Storage) -> Response:
    return _bytes(request, renditions.find_rendition(storage, image, kind), f'"{image.sha256}-{kind}"')


def _bytes(request: Request, served: Served, tag: str, *, file_name: str | None = None) -> Response:
    if served.is_substitute:
        return FileResponse(served.path, media_type=served.media_type, headers={"Cache-Control": "private, no-store"})
    headers = {"ETag": tag, "Cache-Control": KEPT, "Vary": "Cookie"}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return FileResponse(served.path, media_type=served.media_type, headers=headers, filename=file_name)
