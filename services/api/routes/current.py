"""The current app's settings and models."""

from flask import current_app

from petalstream.settings import Settings
from services.api.models.registry import Registry


def registry() -> Registry:
    """Return the models of this app."""
    models: Registry = current_app.extensions["registry"]
    return models


def settings() -> Settings:
    """Return the settings of this app."""
    configured: Settings = current_app.extensions["settings"]
    return configured
