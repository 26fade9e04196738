"""Read labels from the folders that images lie in: cats/1.jpg shows the label cats, as collections of examples come."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from app.formats.label_names import LABEL_DELIMITER
from app.formats.labels_csv import write_lesson_csv

# Stands for such a table where others have a file's name; no file can be called so.
FOLDERS = "/"


def has_folders(names: Iterable[str]) -> bool:
    """Tell whether images lie in two folders or more, so that their names may say something."""
    return len({PurePosixPath(name).parent for name in names} - {PurePosixPath()}) > 1


def folder_table(names: Iterable[str]) -> bytes:
    """Write the lesson's table, in which each image has its folder's name as its label; those on top are left out."""
    # The sign between two labels can be part of a folder's name, but not of a label's.
    rows = ((name, PurePosixPath(name).parent.name.replace(LABEL_DELIMITER, " ").strip()) for name in names)
    return "".join(write_lesson_csv((name, [label]) for name, label in rows if label)).encode()
