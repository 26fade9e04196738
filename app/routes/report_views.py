"""How a report is looked at: on which images, from which thresholds on, with which beta; read from its address."""

from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query

from app.domain.scores import PLAIN, Scoring
from app.domain.statuses import Split
from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.services.evidence import Basis

# Further out, F-beta is precision or recall alone in all but name.
LEAST_BETA, GREATEST_BETA = 0.1, 10.0
USUAL_BETAS = (0.5, 1.0, 2.0)


@dataclass(frozen=True)
class View:
    """Hold one way of looking at a report."""

    split: Split = Split.VALIDATION
    basis: Basis = Basis.TUNED
    scoring: Scoring = PLAIN
    # The column by which the labels are sorted, a minus before it for falling; empty for the project's own order.
    sort: str = ""

    @property
    def beta(self) -> str:
        """Write beta without needless zeros."""
        return f"{self.scoring.beta:g}"

    @property
    def params(self) -> str:
        """Write the view as the part of an address behind the question mark."""
        given = {"split": str(self.split), "at": str(self.basis)}
        if self.scoring.beta != 1:
            given["beta"] = self.beta
        if self.scoring.undefined_as_one:
            given["undefined"] = "1"
        if self.sort:
            given["sort"] = self.sort
        return urlencode(given)

    def but(self, **changed: Any) -> str:
        """Write the address of a view that differs from this one in the fields given."""
        scoring = {name: changed.pop(name) for name in ("beta", "undefined_as_one") if name in changed}
        return replace(self, scoring=replace(self.scoring, **scoring), **changed).params

    def sorted_by(self, column: str) -> str:
        """Write the address that sorts by a column; the other way round where it does so already."""
        return self.but(sort=column if self.sort == f"-{column}" else f"-{column}")


def viewed(
    split: Split = Split.VALIDATION,
    at: Basis = Basis.TUNED,
    beta: Annotated[str, Query(max_length=20)] = "1",
    undefined: Annotated[str, Query(pattern="^[01]$")] = "0",
    sort: Annotated[str, Query(max_length=40)] = "",
) -> View:
    """Read from the address how a report is to be looked at."""
    return View(split, at, Scoring(_beta(beta), undefined == "1"), sort)


Viewed = Annotated[View, Depends(viewed)]


def _beta(text: str) -> float:
    """Read beta, with a point or a comma."""
    sentence = _("Beta is a number from 0.1 to 10: below 1 precision weighs more, above 1 recall does.")
    try:
        value = float(text.strip().replace(",", ".") or 1)
    except ValueError as error:
        raise InvalidInputError(sentence, fields={"beta": sentence}) from error
    if not LEAST_BETA <= value <= GREATEST_BETA:
        raise InvalidInputError(sentence, fields={"beta": sentence})
    return value
