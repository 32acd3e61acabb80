"""The Flask extensions, unbound; `create_app` binds them."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_smorest import Api, Blueprint
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Base of every table; constraint names are stable so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def _ours(_object: object, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
    """The job queue keeps its own tables in the same PostgreSQL; they are none of the migrations' business."""
    return not (kind == "table" and reflected and (name or "").startswith("huey"))


class DescribedWhenAsked(Api):
    """flask-smorest's Api, which describes its blueprints when somebody asks for the description.

    To describe them all takes longer than all else that a start does, and few processes are ever asked.
    """

    def register_blueprint(self, blp: Blueprint, *, parameters: list[Any] | None = None, **options: Any) -> None:
        app: Flask = self._app
        name = options.get("name", blp.name)
        known = app.extensions["flask-smorest"]
        known["blp_name_to_api"][name] = self
        app.register_blueprint(blp, **options)
        known.setdefault("bluegrid.undescribed", []).append((blp, name, parameters))

    def describe(self, app: Flask, spec: Any) -> None:
        """Write the blueprints of an app into its description; one caller at a time, and the second finds it done."""
        waiting = app.extensions["flask-smorest"]["bluegrid.undescribed"]
        while waiting:
            blp, name, parameters = waiting.pop(0)
            blp.register_views_in_doc(self, app, spec, name=name, parameters=parameters)
            spec.tag({"name": name, "description": blp.description})


db = SQLAlchemy(model_class=Base)
migrate = Migrate(directory="backend/migrations", render_as_batch=True, compare_type=True, include_object=_ours)
limiter = Limiter(key_func=get_remote_address, default_limits=[], storage_uri="memory://")
api = DescribedWhenAsked()
