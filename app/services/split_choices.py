"""How a project divides its images into splits: what its lead chose, read from a form and kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.statuses import Split, SplitMethod
from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.models import Project
from app.services import projects

# Instead of the name of a detail: the folder an image came in. No column is called so.
FOLDER = "/"
# Every database and every generator of random numbers takes these.
SEED_MOST = 2**31 - 1


@dataclass(frozen=True)
class SplitChoice:
    """Say by what images are divided, how much of them each split gets, and from which seed."""

    method: SplitMethod
    # The detail whose values stay together (grouped) or name the split (column); else empty.
    detail: str
    valid_percent: int
    test_percent: int
    seed: int

    @property
    def shares(self) -> dict[Split, float]:
        """Give the share of the images that each split gets."""
        valid, test = self.valid_percent / 100, self.test_percent / 100
        return {Split.TRAIN: 1 - valid - test, Split.VALIDATION: valid, Split.TEST: test}


def choice_of(project: Project) -> SplitChoice:
    """Tell what a project's lead chose."""
    return SplitChoice(
        method=project.split_method,
        detail=project.split_detail,
        valid_percent=round(project.valid_share * 100),
        test_percent=round(project.test_share * 100),
        seed=project.seed,
    )


def read(project: Project, given: Mapping[str, str]) -> SplitChoice:
    """Read a choice from a form; what it does not say stays as the project has it.

    Raises InvalidInputError with a sentence for every field that cannot be used.
    """
    now, fields = choice_of(project), dict[str, str]()
    method = _method(given.get("method", now.method), fields)
    # A form may have one field for each method, of which only the chosen one's counts.
    detail = given.get(f"{method}_detail", given.get("detail", now.detail)).strip()
    if method not in {SplitMethod.GROUPED, SplitMethod.COLUMN}:
        detail = ""
    elif not detail or len(detail) > Project.split_detail.type.length:
        fields["detail"] = _("Please choose what tells the images apart.")
    elif method is SplitMethod.COLUMN and detail == FOLDER:
        fields["detail"] = _("Please choose a column of your table.")
    valid = _number(given, "valid_percent", now.valid_percent, fields)
    test = _number(given, "test_percent", now.test_percent, fields)
    seed = _number(given, "seed", now.seed, fields)
    if not 0 <= seed <= SEED_MOST:
        fields["seed"] = _("Please give a whole number from 0 to %(most)s.") % {"most": SEED_MOST}
    fields = projects.share_problems(valid_percent=valid, test_percent=test) | fields
    if fields:
        raise InvalidInputError(next(iter(fields.values())), fields=fields)
    return SplitChoice(method, detail, valid, test, seed)


def keep(project: Project, choice: SplitChoice) -> None:
    """Divide images so from now on; a split that was given stays."""
    projects.set_shares(project, valid_percent=choice.valid_percent, test_percent=choice.test_percent)
    project.split_method, project.split_detail, project.seed = choice.method, choice.detail, choice.seed


def _method(text: str, fields: dict[str, str]) -> SplitMethod:
    try:
        return SplitMethod(text)
    except ValueError:
        fields["method"] = _("Please choose one of the ways of dividing.")
        return SplitMethod.STRATIFIED


def _number(given: Mapping[str, str], name: str, usual: int, fields: dict[str, str]) -> int:
    text = given.get(name, str(usual)).strip()
    try:
        return int(text)
    except ValueError:
        fields[name] = _("Please give a whole number.")
        return usual
