"""The Flask extensions, unbound; `create_app` binds them."""

from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_smorest import Api
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


db = SQLAlchemy(model_class=Base)
migrate = Migrate(directory="backend/migrations", render_as_batch=True, compare_type=True, include_object=_ours)
limiter = Limiter(key_func=get_remote_address, default_limits=[], storage_uri="memory://")
api = Api()
