"""Refusals: each has an HTTP status and a sentence that a scholar understands."""

from app.i18n import gettext as _


class AppError(Exception):
    """A refusal with a sentence for the person who asked; one handler turns it into a page, a fragment or JSON."""

    status = 400

    def __init__(self, sentence: str, *, fields: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        # What is wrong with single fields of a form, by field name.
        self.fields = fields or {}


class InvalidInputError(AppError):
    """Something in the request cannot be used as it is."""

    status = 422


class NotSignedInError(AppError):
    """The page needs an account."""

    status = 401

    def __init__(self) -> None:
        super().__init__(_("Please sign in to go on."))


class ForbiddenError(AppError):
    """The account's role does not reach this."""

    status = 403

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or _("Your role in this project does not allow that."))


class NotFoundError(AppError):
    """There is no such thing, or not for this person."""

    status = 404

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or _("There is nothing at this address, or it is not yours to see."))


class ConflictError(AppError):
    """The thing has changed meanwhile, or is in use."""

    status = 409


class GoneError(AppError):
    """A link that worked once no longer does."""

    status = 410


class TooLargeError(AppError):
    """More was sent than is accepted."""

    status = 413


class TooManyAttemptsError(AppError):
    """Too many tries in a short time."""

    status = 429


class UnavailableError(AppError):
    """Something needed to answer is not running now."""

    status = 503


class Cancelled(Exception):  # noqa: N818 - it is no error: somebody asked for it
    """Work was asked to stop and has stopped."""
