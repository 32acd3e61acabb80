"""Binds the blob store that the settings name."""

from __future__ import annotations

from flask import Flask, current_app

from backend.blobs import Blobs, open_blobs
from backend.config import Settings


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["bluegrid.blobs"] = open_blobs(settings.blob_url)


def blobs() -> Blobs:
    """The blob store of the current app."""
    store: Blobs = current_app.extensions["bluegrid.blobs"]
    return store
