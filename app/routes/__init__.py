"""HTTP in, HTML (or JSON under /api/v1) out; no rules and no select() here."""

from fastapi import APIRouter

from app.routes import (
    account,
    annotate,
    comparisons,
    exports,
    home,
    images,
    imports,
    invitations,
    jobs,
    labels,
    members,
    people,
    projects,
    reports,
    review_lists,
    reviews,
    runs,
    samples,
    sign_in,
    thresholds,
)

ROUTERS: list[APIRouter] = [
    account.router,
    annotate.router,
    comparisons.router,
    exports.router,
    home.router,
    images.router,
    imports.router,
    invitations.router,
    jobs.router,
    labels.router,
    members.router,
    people.router,
    projects.router,
    reports.router,
    review_lists.router,
    reviews.router,
    runs.router,
    samples.router,
    sign_in.router,
    thresholds.router,
]
