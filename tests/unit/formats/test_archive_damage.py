"""Random damage to a zip ends in files or refusals, never in another error."""

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.formats.archives import open_archive
from app.formats.entries import EntryRefused, SourceRefused


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


GOOD = packed({"a.jpg": b"abc" * 100, "Zürich/ü.png": b"x", "labels.csv": b"file,label\n"})


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8))
@example(hits=[(328, 1)])  # the list of contents then points to before the beginning of the file
def test_damage_anywhere_ends_in_files_or_refusals(
    tmp_path_factory: pytest.TempPathFactory, hits: list[tuple[int, int]]
) -> None:
    data = bytearray(GOOD)
    for at, value in hits:
        data[at] = value
    path = tmp_path_factory.mktemp("zip") / "upload.zip"
    path.write_bytes(bytes(data))
    with suppress(SourceRefused), open_archive(path) as source:
        for entry in [*source.entries, *source.csv_entries]:
            with suppress(EntryRefused):
                assert entry.copy_to(io.BytesIO()) == entry.size
