"""HTTP in, HTML (or JSON under /api/v1) out; no rules and no select() here."""

from fastapi import APIRouter

from app.routes import account, annotate, home, invitations, jobs, labels, members, people, projects, runs, sign_in

ROUTERS: list[APIRouter] = [
    account.router,
    annotate.router,
    home.router,
    invitations.router,
    jobs.router,
    labels.router,
    members.router,
    people.router,
    projects.router,
    runs.router,
    sign_in.router,
]
