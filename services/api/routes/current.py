"""What the app holds for every request: its settings and its models."""

from flask import current_app

from petalstream.settings import Settings
from services.api.models.registry import Registry


def registry() -> Registry:
    """The models of this app."""
    found: Registry = current_app.extensions["registry"]
    return found


def settings() -> Settings:
    """The settings of this app."""
    found: Settings = current_app.extensions["settings"]
    return found
