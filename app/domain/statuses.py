"""Name the states, kinds and answers that every other part of Loupe speaks of."""

from enum import StrEnum


class Role(StrEnum):
    """Say what a member may do in a project; each role may do all that the lower ones may."""

    LEAD = "lead"
    REVIEWER = "reviewer"
    ANNOTATOR = "annotator"

    @property
    def rank(self) -> int:
        """Return the place in the order of roles; a higher number may do more."""
        return _RANKS[self]

    def at_least(self, needed: "Role") -> bool:
        """Tell whether this role may do what `needed` may do."""
        return self.rank >= needed.rank


_RANKS = {Role.ANNOTATOR: 1, Role.REVIEWER: 2, Role.LEAD: 3}


class JobStatus(StrEnum):
    """Say how far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing can happen to the job any more."""
        return not _TRANSITIONS[self]

    @property
    def next_statuses(self) -> "frozenset[JobStatus]":
        """Return every status that may follow this one."""
        return _TRANSITIONS[self]

    def can_become(self, following: "JobStatus") -> bool:
        """Tell whether a job in this status may go over to `following`."""
        return following in _TRANSITIONS[self]


_TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    # A queued job fails without having run when what it needs has gone, for instance a deleted project.
    JobStatus.QUEUED: frozenset({JobStatus.RUNNING, JobStatus.CANCELLED, JobStatus.FAILED}),
    # A running job goes back to the queue when its worker died and another one is to take it up again.
    JobStatus.RUNNING: frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.QUEUED}),
    JobStatus.SUCCEEDED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}

FINAL_JOB_STATUSES = frozenset(status for status in JobStatus if status.is_final)
OPEN_JOB_STATUSES = frozenset(JobStatus) - FINAL_JOB_STATUSES


class JobKind(StrEnum):
    """Say what a job does."""

    IMPORT = "import"
    TRAIN = "train"
    EVALUATE = "evaluate"
    PREDICT = "predict"
    SAMPLE = "sample"
    IMAGES = "images"
    RESOLVE = "resolve"
    INSPECT = "inspect"
    ACTIVATION = "activation"
    TIDY = "tidy"
    SIMILARITY = "similarity"
    TILES = "tiles"
    # Made while a lead chooses how to train: pictures as the network gets them, a try of the data's whole way.
    PREVIEW = "preview"
    # Made before a training: a search for its learning rate, a guess of its time and memory.
    TRIAL = "trial"
    LEARNING_CURVE = "learning_curve"
    # A file of a run's model for other programs.
    MODEL_FILE = "model_file"


class Answer(StrEnum):
    """Say what one person answered for one label of one image."""

    PRESENT = "present"
    ABSENT = "absent"
    UNSURE = "unsure"


class View(StrEnum):
    """Say where in Loupe an answer was given."""

    ANNOTATE = "annotate"
    GRID = "grid"
    REVIEW = "review"
    ADJUDICATE = "adjudicate"
    IMPORT = "import"

    @property
    def decides(self) -> bool:
        """Tell whether an answer given here settles the ground truth instead of voting on it."""
        return self in _DECIDING


_DECIDING = frozenset({View.REVIEW, View.ADJUDICATE})


class SkipReason(StrEnum):
    """Say why an annotator passed an image by."""

    ILLEGIBLE = "illegible"
    FOREIGN = "foreign"  # not of this collection
    SENSITIVE = "sensitive"
    DUPLICATE = "duplicate"
    OTHER = "other"


class Suggestions(StrEnum):
    """Say what the desk does with the model's probabilities."""

    SHOWN = "shown"
    # Seen only once the annotator has answered, so that the model does not sway people.
    AFTER = "after"
    # Labels above their thresholds are chosen already, for the annotator to check.
    PRESELECTED = "preselected"
    OFF = "off"


class ExampleKind(StrEnum):
    """Say what an example image shows of a label."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    BORDERLINE = "borderline"


class LabelChangeKind(StrEnum):
    """Say what was done to the labels of a project."""

    ADD = "add"
    RENAME = "rename"
    RECOLOUR = "recolour"
    KEY = "key"
    DESCRIBE = "describe"
    REORDER = "reorder"
    GROUP = "group"
    MERGE = "merge"
    SPLIT = "split"
    ARCHIVE = "archive"
    RESTORE = "restore"


class Split(StrEnum):
    """Say what an image is used for in training."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Recipe(StrEnum):
    """Say how a run trains: a head on frozen embeddings, or the whole network."""

    QUICK = "quick"
    FINETUNE = "finetune"


class Labelling(StrEnum):
    """Say how labels go together in one image."""

    # Any number of them.
    OVERLAPPING = "overlapping"
    # Exactly one: all labels form one exclusive group.
    EXCLUSIVE = "exclusive"


class SplitMethod(StrEnum):
    """Say by what new images are divided into splits."""

    # So that every label keeps its share.
    STRATIFIED = "stratified"
    RANDOM = "random"
    # Images of one source, date or folder together.
    GROUPED = "grouped"
    # As a column of the imported table says.
    COLUMN = "column"


class Verdict(StrEnum):
    """Say what a reviewer found behind a disagreement of model and people."""

    LABEL_ERROR = "label_error"
    # The annotation stands, whether or not the model contradicts it.
    MODEL_ERROR = "model_error"
    AMBIGUOUS = "ambiguous"
    # Somebody else shall look; the verdict opens a question at the desk.
    SECOND_OPINION = "second_opinion"
    # The image does not belong into the collection: kept, but out of training.
    EXCLUDE = "exclude"

    @property
    def settles(self) -> bool:
        """Tell whether it decides the label's ground truth."""
        return self in {Verdict.LABEL_ERROR, Verdict.MODEL_ERROR}

    @property
    def judges(self) -> bool:
        """Tell whether it says something of the annotation, be it that nobody can tell."""
        return self.settles or self is Verdict.AMBIGUOUS


class TruthValue(StrEnum):
    """Say how the answers for one label of one image were resolved."""

    PRESENT = "present"
    ABSENT = "absent"
    DISPUTED = "disputed"


class Direction(StrEnum):
    """Say which way a prediction errs: the label was missed, or wrongly added."""

    MISSED = "missed"
    WRONGLY_ADDED = "wrongly_added"
