"""What people write of a run: a remark and tags."""

from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.models import Run

# A paragraph or two; what is longer belongs into a document of its own.
REMARK_MAX_LENGTH = 2000
# As many as fit beside a run.
MOST_TAGS, TAG_MAX_LENGTH = 10, 40


def write(run: Run, *, remark: str, tags: str) -> None:
    """Replace a run's remark and its tags, which stand between commas.

    Raises InvalidInputError where something is too long, or there are too many tags.
    """
    told = "\n".join(line.rstrip() for line in remark.replace("\r\n", "\n").strip().split("\n"))
    if len(told) > REMARK_MAX_LENGTH:
        sentence = _("Please keep the remark under %(count)s characters.") % {"count": REMARK_MAX_LENGTH}
        raise InvalidInputError(sentence, fields={"remark": sentence})
    run.remark, run.tags = told, read_tags(tags)


def read_tags(text: str) -> list[str]:
    """Read tags from between commas; a tag counts once, however it is capitalised."""
    found: dict[str, str] = {}
    for part in text.split(","):
        tag = " ".join(part.split())
        if tag:
            found.setdefault(tag.casefold(), tag)
    if len(found) > MOST_TAGS:
        sentence = _("Please give at most %(most)s tags.") % {"most": MOST_TAGS}
        raise InvalidInputError(sentence, fields={"tags": sentence})
    if any(len(tag) > TAG_MAX_LENGTH or not tag.isprintable() for tag in found.values()):
        sentence = _("Please keep each tag under %(count)s characters.") % {"count": TAG_MAX_LENGTH}
        raise InvalidInputError(sentence, fields={"tags": sentence})
    return list(found.values())
