"""Small images with known labels: a red disc, a blue square, both or neither."""

import csv
from pathlib import Path

from PIL import Image, ImageDraw

COLOURS = {"red": (200, 40, 30), "blue": (30, 60, 200)}


def labels_of(number: int) -> list[str]:
    """What the drawing of a number shows: all four combinations in turn."""
    return [name for bit, name in enumerate(COLOURS) if number >> bit & 1]


def draw_images(folder: Path, count: int) -> list[Path]:
    """Draw images 00.png, 01.png ... into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number in range(count):
        image = Image.new("RGB", (96, 96), (230, 225, 215 - number % 9))
        pen = ImageDraw.Draw(image)
        if "red" in labels_of(number):
            pen.ellipse((8 + number % 5, 10 + number % 11, 50, 52), fill=COLOURS["red"])
        if "blue" in labels_of(number):
            pen.rectangle((48 + number % 6, 50 - number % 7, 90, 90), fill=COLOURS["blue"])
        # Scattered marks: no two images are the same, or nearly so.
        for mark in range(6):
            x, y = (number * 37 + mark * 53) % 90, (number * 61 + mark * 29) % 90
            pen.rectangle((x, y, x + 5, y + 5), fill=(90 + mark * 10, 110, 60 + number % 40))
        file = folder / f"{number:02}.png"
        image.save(file)
        files.append(file)
    return files


def write_table(file: Path, rows: dict[str, list[str]]) -> Path:
    """Write a table of labels in the lesson's form."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["file", "label"], *([name, "|".join(said)] for name, said in rows.items())])
    return file


def read_table(text: str) -> dict[str, set[str]]:
    """Read a table in the lesson's form: the labels of each file; none for none apply."""
    return {row["file"]: set(filter(None, row["label"].split("|"))) for row in csv.DictReader(text.splitlines())}
