"""The files that networks look at: every image's screen version, which is upright sRGB and quick to decode.

The originals may be 50-megapixel scans, CMYK, 16 bits deep or carry a colour profile. Their screen version (2048 px)
was made once, by the code that knows all of that, decodes some ten times as fast, and still has eight times the side
that a network wants. It is always used, also for small images, so that what a network sees depends on nothing else.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.errors import AppError, InvalidInputError
from app.i18n import gettext as _
from app.models import Image
from app.storage import Storage, hash_file
from worker.imaging import Rendition, write_rendition
from worker.ml.dataset import Item
from worker.running import Progress

# Decoding and resizing release the interpreter's lock; more threads than that would only heat a laptop.
THREADS = 2


def items_of(images: Sequence[Image], storage: Storage, progress: Progress) -> list[Item]:
    """Name the screen version of every image, making those that are not there yet."""
    items = [Item(image.sha256, storage.rendition(image.sha256, "screen"), image.name) for image in images]
    missing = [item for item in items if not item.path.exists()]
    stage = _("Preparing images")
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            made = pool.map(lambda item: _make(storage.original(item.sha256), item), missing)
            for done, _made in enumerate(made, start=1):
                progress(stage, done, len(missing))
                progress.check()
        finally:
            pool.shutdown(cancel_futures=True)
    return items


@contextmanager
def screen_versions(files: Sequence[Path], root: Path) -> Iterator[tuple[list[Item], list[tuple[Path, str]]]]:
    """Make screen versions of files that are no images of a project, for a while; gives them and the refused files."""
    root.mkdir(parents=True, exist_ok=True)
    items: list[Item] = []
    refused: list[tuple[Path, str]] = []
    with TemporaryDirectory(prefix=".pixels-", dir=root) as folder:
        for number, file in enumerate(files):
            target = Path(folder) / str(number)
            try:
                write_rendition(file, target, Rendition.SCREEN)
            except AppError as refusal:
                refused.append((file, refusal.sentence))
                continue
            items.append(Item(hash_file(file), target, str(file)))
        yield items, refused


def _make(original: Path, item: Item) -> None:
    try:
        write_rendition(original, item.path, Rendition.SCREEN)
    except AppError as refusal:
        raise InvalidInputError(
            _("The image “%(name)s” cannot be used: %(reason)s") % {"name": item.name, "reason": refusal.sentence}
        ) from refusal
