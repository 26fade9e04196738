"""`loupe tidy`."""

from collections import Counter
from typing import Annotated

import typer

from app.commands.base import DataOption, JsonOption, begin
from app.db import session_scope
from app.i18n import gettext as _
from app.i18n import ngettext
from app.services import tidying
from app.services.tidying import Store
from app.storage import get_storage


def tidy(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only say what would be removed."))] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove files that no project needs any more, if nobody has touched them for an hour."""
    output = begin(data, as_json=as_json)
    before = tidying.limit()
    with session_scope(writes=False) as session:
        wanted = tidying.needed(session)
    counts: Counter[Store] = Counter()
    size = 0
    for leftover in tidying.leftovers(get_storage(), wanted, before):
        if dry_run or tidying.remove(leftover, before):
            counts[leftover.store] += 1
            size += leftover.size
    if wanted.coming_in:
        output.progress(_("Images are coming in: the files of images were left alone. Run this again later."))
    values = {
        "dry_run": dry_run,
        "removed": {store.value: counts[store] for store in Store},
        "bytes": size,
        "images_left_alone": wanted.coming_in,
    }
    output.result(values, _sentence(counts.total(), size, dry_run=dry_run))


def _sentence(count: int, size: int, *, dry_run: bool) -> str:
    if not count:
        return _("There is nothing to remove.")
    text = (
        ngettext(
            "%(count)s file or folder would be removed (%(size)s MB).",
            "%(count)s files and folders would be removed (%(size)s MB).",
            count,
        )
        if dry_run
        else ngettext(
            "Removed %(count)s file or folder (%(size)s MB).",
            "Removed %(count)s files and folders (%(size)s MB).",
            count,
        )
    )
    return text % {"count": count, "size": f"{size / 1_000_000:.1f}"}
