"""HTTP in, HTML (or JSON under /api/v1) out; no rules and no select() here."""

from fastapi import APIRouter

from app.routes import sign_in

ROUTERS: list[APIRouter] = [sign_in.router]
