"""Removing the files of the data folder that nothing refers to any more."""

import logging

from app.config import get_settings
from app.db import session_scope
from app.disk_room import GIGABYTE, make_room
from app.i18n import gettext as _
from app.services import tidying
from app.storage import get_storage
from worker.ml.cache import files_of
from worker.running import Progress

log = logging.getLogger(__name__)


def work(progress: Progress) -> None:
    """Remove what is left over; where images are just coming in, look again later."""
    storage, before = get_storage(), tidying.limit()
    with session_scope(writes=False) as session:
        wanted = tidying.needed(session)
    removed = 0
    for leftover in tidying.leftovers(storage, wanted, before):
        progress.check()
        removed += tidying.remove(leftover, before)
        progress(_("Removing files that nobody needs any more"), removed, 0)
    removed += make_room(files_of(storage.embeddings), get_settings().embeddings_max_gb * GIGABYTE)
    log.info("removed %s files and folders that nothing refers to", removed)
    if wanted.coming_in:
        progress.at_success(tidying.request)
