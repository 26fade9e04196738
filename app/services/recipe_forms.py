"""The form of all settings of a recipe, drawn from their descriptions, and what somebody filled in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.domain.recipe_fields import Field, FieldGroup, FieldKind, ProblemError, is_met, read
from app.domain.statuses import Recipe
from app.i18n import gettext as _
from app.services.recipe_words import FieldWords, group_titles, words_of
from app.services.run_configs import FIELDS
from app.services.setting_words import is_changed, value_text, value_words


@dataclass(frozen=True)
class FormField:
    """One setting as the form shows it; `value` is what was typed, readable or not."""

    field: Field
    title: str
    sentence: str
    warning: str
    # What is usual and what is possible, in one line.
    range: str
    value: str
    default: str
    default_words: str
    # Values with their words.
    choices: list[tuple[str, str]]
    is_changed: bool
    # False where the value of another setting makes this one mean nothing; then `needs` says what it would take.
    is_used: bool
    needs: str
    error: str

    @property
    def name(self) -> str:
        """What the setting is called in the form, in files and on the command line."""
        return self.field.name

    @property
    def control(self) -> str:
        """Say which kind of control draws it."""
        # Networks are called by name.
        kinds = {FieldKind.FLAG: "flag", FieldKind.CHOICE: "choice", FieldKind.NAME: "name", FieldKind.NAMES: "name"}
        return kinds.get(self.field.kind, "number")

    @property
    def is_on(self) -> bool:
        """Tell whether the box of a flag is ticked."""
        try:
            return read(self.field, self.value) is True
        except ProblemError:
            return False


@dataclass(frozen=True)
class FormGroup:
    """Settings under one heading: those for everybody, and those that are folded away."""

    key: FieldGroup
    title: str
    plain: list[FormField]
    expert: list[FormField]

    @property
    def is_open(self) -> bool:
        """Tell whether what is folded away holds something that should be seen."""
        return any(each.is_changed or each.error for each in self.expert)


def form_groups(recipe: Recipe, values: Mapping[str, object], errors: Mapping[str, str]) -> list[FormGroup]:
    """Lay out the settings of a recipe with their values, under their headings in order."""
    filled = {field.name: values.get(field.name, field.default) for field in FIELDS[recipe]}
    words = words_of(recipe)
    fields = [
        FormField(
            field=field,
            title=words[field.name].title,
            sentence=words[field.name].sentence,
            warning=words[field.name].warning,
            range=_range(field, value_words(field, words[field.name], field.default)),
            value=value_text(filled[field.name]),
            default=value_text(field.default),
            default_words=value_words(field, words[field.name], field.default),
            choices=[(choice, words[field.name].choices[choice]) for choice in field.choices],
            is_changed=is_changed(field, filled[field.name]),
            is_used=is_met(field, filled),
            needs=_needs(field, words),
            error=errors.get(field.name, ""),
        )
        for field in FIELDS[recipe]
    ]
    laid = [
        FormGroup(
            key,
            title,
            [each for each in fields if each.field.group is key and not each.field.expert],
            [each for each in fields if each.field.group is key and each.field.expert],
        )
        for key, title in group_titles().items()
    ]
    return [group for group in laid if group.plain or group.expert]


def read_form(recipe: Recipe, given: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Take from a form or an address what belongs to a recipe, as it was typed.

    Of a name that comes more than once the last counts, as a box that is ticked comes after its hidden "no"; several
    names of networks are one list.
    """
    known = {field.name: field for field in FIELDS[recipe]}
    values: dict[str, object] = {}
    for name, text in given:
        if name not in known:
            continue
        earlier = str(values.get(name, "")) if known[name].kind is FieldKind.NAMES else ""
        values[name] = f"{earlier}, {text}" if earlier else text
    return values


def _range(field: Field, default: str) -> str:
    told = {"low": value_text(field.low), "high": value_text(field.high), "default": default}
    if field.low is not None and field.high is not None:
        if field.default is None:
            return _("From %(low)s to %(high)s; usually left empty.") % told
        return _("From %(low)s to %(high)s; usually %(default)s.") % told
    return _("Usually: %(default)s.") % told


def _needs(field: Field, words: Mapping[str, FieldWords]) -> str:
    if field.needs is None:
        return ""
    name, value = field.needs
    said = {"true": _("yes"), "false": _("no")} | dict(words[name].choices)
    return _("Counts where “%(title)s” is “%(value)s”.") % {"title": words[name].title, "value": said.get(value, value)}
