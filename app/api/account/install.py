"""Puts the account pages into the web app."""

from fastapi import FastAPI

from app.api.account import assets, joining, me, passwords, reports, signing, workspaces


def install(web: FastAPI) -> None:
    """Serve every account page from ``web``."""
    for module in (assets, signing, joining, passwords, workspaces, me, reports):
        web.include_router(module.router)
