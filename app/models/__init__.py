"""The tables, one family a file; importing this package registers them all."""

from app.models.accounts import Account, Invitation, SignIn, SignInAttempt
from app.models.annotations import Annotation, AnnotationAnswer, Claim, Flag, PageClaim, Skip, Truth
from app.models.desks import Adjudicating, Assignment, ControlImage, DeskSettings
from app.models.images import Image
from app.models.imports import Import, ImportRefusal
from app.models.inspections import Inspection, KeptReport
from app.models.jobs import Job, Worker
from app.models.labels import Label, LabelChange, LabelDefinition, LabelExample, LabelGroup, LabelQuestion
from app.models.projects import Member, Project
from app.models.reviews import Comment, Review, SecondOpinion
from app.models.runs import Configuration, Epoch, Prediction, Run, SnapshotItem
from app.models.thresholds import Threshold, ThresholdSet

__all__ = [
    "Account",
    "Adjudicating",
    "Annotation",
    "AnnotationAnswer",
    "Assignment",
    "Claim",
    "Comment",
    "Configuration",
    "ControlImage",
    "DeskSettings",
    "Epoch",
    "Flag",
    "Image",
    "Import",
    "ImportRefusal",
    "Inspection",
    "Invitation",
    "Job",
    "KeptReport",
    "Label",
    "LabelChange",
    "LabelDefinition",
    "LabelExample",
    "LabelGroup",
    "LabelQuestion",
    "Member",
    "PageClaim",
    "Prediction",
    "Project",
    "Review",
    "Run",
    "SecondOpinion",
    "SignIn",
    "SignInAttempt",
    "Skip",
    "SnapshotItem",
    "Threshold",
    "ThresholdSet",
    "Truth",
    "Worker",
]
