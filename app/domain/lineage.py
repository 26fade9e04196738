"""Say what answers for labels that were merged or split mean for the labels there are now; nothing is rewritten."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from app.domain.statuses import Answer

# Of two labels that became one: what was seen under either is there, and a doubt about one is a doubt about both.
_STRENGTH = {Answer.PRESENT: 2, Answer.UNSURE: 1, Answer.ABSENT: 0}


class Said(NamedTuple):
    """An answer, and the version of its label's definition that it was given under."""

    answer: Answer
    version: int = 1


class Meant(NamedTuple):
    """An answer as it counts now; an inherited one counts only where nobody answered for the label itself."""

    answer: Answer
    inherited: bool = False


class Merge(NamedTuple):
    """Say into which label another one was merged, and from which version of its definition on it speaks for both."""

    into: int
    since: int


@dataclass(frozen=True)
class Lineage:
    """Hold by label id which labels were merged into others, and which were split from others."""

    merged: Mapping[int, Merge] = field(default_factory=dict)
    split: Mapping[int, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Tell whether any label was merged or split."""
        return bool(self.merged or self.split)

    @cached_property
    def _sources(self) -> dict[int, list[tuple[int, int]]]:
        sources: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for label, (into, since) in sorted(self.merged.items()):
            sources[into].append((label, since))
        return sources

    def root(self, label: int) -> int:
        """Return the label that answers for this one count for now."""
        while label in self.merged:
            label = self.merged[label].into
        return label

    def labels_of(self, label: int) -> list[int]:
        """List a label with those that were merged into it, directly or by way of others."""
        found = [label]
        for each in found:
            found += [source for source, _since in self._sources.get(each, [])]
        return found

    def silenced(self, settled: Mapping[int, Said]) -> set[int]:
        """List the labels whose answers no longer count, because a decision taken since the merge speaks for them."""
        found: set[int] = set()
        for label, said in settled.items():
            for source, since in self._sources.get(label, []):
                if said.version >= since:
                    found.update(self.labels_of(source))
        return found

    def meaning(self, said: Mapping[int, Said]) -> dict[int, Meant]:
        """Return what one annotation, or all decisions on one image, say of the labels there are now.

        Of a label and those merged into it the strongest answer counts: present before unsure before absent; an
        answer given since the merge counts alone. A label that was split from an absent one is absent too, if nothing
        was said of it. Labels that were merged into others are left out.
        """
        if not self:
            return {label: Meant(one.answer) for label, one in said.items()}
        known: dict[int, Meant | None] = {}
        labels = said.keys() | self.split.keys() | {self.root(label) for label in said}
        found = {label: self._of(label, said, known) for label in labels | {self.root(each) for each in self.split}}
        return {label: meant for label, meant in found.items() if meant is not None and label not in self.merged}

    def _of(self, label: int, said: Mapping[int, Said], known: dict[int, Meant | None]) -> Meant | None:
        if label in known:
            return known[label]
        known[label] = None  # whoever comes round to this label again finds that it says nothing
        own = said.get(label)
        parts = [] if own is None else [Meant(own.answer)]
        for source, since in self._sources.get(label, []):
            if own is None or own.version < since:
                part = self._of(source, said, known)
                parts += [] if part is None else [part]
        direct = [part for part in parts if not part.inherited] or parts
        if direct:
            known[label] = max(direct, key=lambda part: _STRENGTH[part.answer])
        elif label in self.split:
            parent = self._of(self.split[label], said, known)
            if parent is not None and parent.answer is Answer.ABSENT:
                known[label] = Meant(Answer.ABSENT, inherited=True)
        return known[label]


NO_LINEAGE = Lineage()
