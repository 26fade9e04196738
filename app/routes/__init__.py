"""HTTP in, HTML (or JSON under /api/v1) out; no rules and no select() here."""

from fastapi import APIRouter

from app.routes import account, home, invitations, labels, members, people, projects, sign_in

ROUTERS: list[APIRouter] = [
    account.router,
    home.router,
    invitations.router,
    labels.router,
    members.router,
    people.router,
    projects.router,
    sign_in.router,
]
