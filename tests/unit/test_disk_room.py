"""Files keep to the room they have: the longest unused go first."""

import os
from pathlib import Path

from app.disk_room import make_room, used_bytes


def written(folder: Path, count: int) -> list[Path]:
    paths = [folder / str(number) for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(b"x" * 100)
        os.utime(path, (number, number))
    return paths


def test_what_was_not_used_for_longest_goes_until_the_rest_fits(tmp_path: Path) -> None:
    paths = written(tmp_path, 4)
    os.utime(paths[0], (9, 9))
    assert used_bytes(paths) == 400
    assert make_room(paths, 400) == 0
    assert make_room(paths, 399) == 1
    assert [path.exists() for path in paths] == [True, False, True, True]
    assert make_room(paths, 100) == 2
    assert [path.exists() for path in paths] == [True, False, False, False]


def test_what_was_just_written_stays_however_little_room_there_is(tmp_path: Path) -> None:
    paths = written(tmp_path, 3)
    assert make_room(paths, 0, keep=paths[0]) == 2
    assert [path.exists() for path in paths] == [True, False, False]


def test_a_file_that_is_gone_already_is_passed_by(tmp_path: Path) -> None:
    paths = [*written(tmp_path, 2), tmp_path / "gone"]
    assert used_bytes(paths) == 200
    assert make_room(paths, 0) == 2
