"""The tables, one family a file; importing this package registers them all."""

from app.models.accounts import Account, Invitation, SignIn, SignInAttempt
from app.models.annotations import Annotation, AnnotationAnswer, Claim, Skip, Truth
from app.models.images import Image
from app.models.imports import Import, ImportRefusal
from app.models.jobs import Job, Worker
from app.models.labels import Label, LabelDefinition
from app.models.projects import Member, Project
from app.models.reviews import Review
from app.models.runs import Epoch, Prediction, Run, SnapshotItem, Threshold

__all__ = [
    "Account",
    "Annotation",
    "AnnotationAnswer",
    "Claim",
    "Epoch",
    "Image",
    "Import",
    "ImportRefusal",
    "Invitation",
    "Job",
    "Label",
    "LabelDefinition",
    "Member",
    "Prediction",
    "Project",
    "Review",
    "Run",
    "SignIn",
    "SignInAttempt",
    "Skip",
    "SnapshotItem",
    "Threshold",
    "Truth",
    "Worker",
]
