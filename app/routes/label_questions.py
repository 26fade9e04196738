"""Asking the images that were answered earlier for one label, and closing the question."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from app.deps import DbSession, Lead
from app.services import label_questions, labels

router = APIRouter(prefix="/projects/{project_id}")


@router.post("/labels/{label_id}/ask")
def ask_question(session: DbSession, access: Lead, label_id: int) -> Response:
    """Ask the earlier images for a label."""
    label = labels.get_label(session, access.project.id, label_id)
    label_questions.ask(session, label, access.account)
    return _to_label(access.project.id, label_id)


@router.post("/label-questions/{question_id}/close")
def close_question(session: DbSession, access: Lead, question_id: int) -> Response:
    """Ask no further; what was answered stands."""
    question = label_questions.get_question(session, access.project.id, question_id)
    label_questions.close(session, question)
    return _to_label(access.project.id, question.label_id)


def _to_label(project_id: int, label_id: int) -> Response:
    return RedirectResponse(f"/projects/{project_id}/labels/{label_id}", status_code=303)
