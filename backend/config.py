"""Settings: one frozen object, read from the environment once and validated at start.

Knows the environment and nothing of Flask's request, of models or of routes.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MIB = 1024 * 1024


class SettingInvalid(ValueError):
    """A setting that the server must not start with."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a device may send at once; told to it at enrolment."""

    batch_ops: int = 200
    batch_bytes: int = MIB
    op_bytes: int = 256 * 1024
    op_bytes_kept: int = MIB
    pull_bytes: int = MIB
    chunk_min_bytes: int = 256 * 1024
    chunk_max_bytes: int = 4 * MIB
    file_bytes: int = 50 * MIB


@dataclass(frozen=True, slots=True)
class DrawRates:
    """How many of a class's sites a double-random draw visits in a quarter, in whole per cent."""

    key: int = 25
    special: int = 15
    general: int = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two installations."""

    data: Path
    database_url: str
    blob_url: str
    secret_key: str
    public_url: str | None = None
    backed_up_by_others: bool = False
    proxies: int = 0
    heavy_requests: int = 6  # pushes and uploads at once in a process of 8 threads
    backups: Path | None = None
    backups_kept: int = 14
    exports: Path | None = None
    export_rows: int = 20_000
    export_days: int = 30
    demo: bool = False
    invite_hours: int = 24
    revoked_grace_days: int = 30
    login_hours: int = 12
    clock_tolerance_s: int = 300
    exif_distance_m: float = 500.0
    audit_days: int = 185
    argon2_memory_kib: int = 65536
    login_attempts: str = "10 per minute"
    limits: Limits = field(default_factory=Limits)
    draw_rates: DrawRates = field(default_factory=DrawRates)

    @property
    def backup_folder(self) -> Path:
        return self.backups or self.data / "backups"

    @property
    def export_folder(self) -> Path:
        return self.exports or self.data / "exports"

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings; raises SettingInvalid with a sentence that says what to mend."""
    env = os.environ if environ is None else environ
    data = Path(env.get("BLUEGRID_DATA", "instance")).absolute()
    data.mkdir(parents=True, exist_ok=True)
    database_url = env.get("BLUEGRID_DATABASE_URL") or f"sqlite:///{data / 'bluegrid.sqlite3'}"
    if database_url.startswith("postgres://"):
        database_url = "postgresql://" + database_url.removeprefix("postgres://")
    if database_url.startswith("postgresql://"):
        database_url = "postgresql+psycopg://" + database_url.removeprefix("postgresql://")
    if not database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingInvalid("BLUEGRID_DATABASE_URL must begin with sqlite:/// or postgresql://")
    blob_url = env.get("BLUEGRID_BLOB_URL") or f"file://{data / 'blobs'}"
    if not blob_url.startswith(("file://", "s3://")):
        raise SettingInvalid("BLUEGRID_BLOB_URL must begin with file:// or s3://")
    backed_up_by = env.get("BLUEGRID_BACKED_UP_BY", "bluegrid")
    if backed_up_by not in ("bluegrid", "external"):
        raise SettingInvalid("BLUEGRID_BACKED_UP_BY is 'external' or left out")
    if blob_url.startswith("s3://") and not env.get("BLUEGRID_SECRET_KEY"):
        raise SettingInvalid("BLUEGRID_SECRET_KEY is needed with s3://, the same on every host: openssl rand -hex 32")
    return Settings(
        data=data,
        database_url=database_url,
        blob_url=blob_url,
        secret_key=env.get("BLUEGRID_SECRET_KEY") or _kept_secret(data / "secret-key"),
        public_url=env.get("BLUEGRID_PUBLIC_URL"),
        backed_up_by_others=backed_up_by == "external",
        proxies=_whole(env, "BLUEGRID_PROXIES", 0, least=0),
        backups=Path(env["BLUEGRID_BACKUPS"]).absolute() if env.get("BLUEGRID_BACKUPS") else None,
        backups_kept=_whole(env, "BLUEGRID_BACKUPS_KEPT", 14, least=1),
        exports=Path(env["BLUEGRID_EXPORTS"]).absolute() if env.get("BLUEGRID_EXPORTS") else None,
        export_rows=_whole(env, "BLUEGRID_EXPORT_ROWS", 20_000, least=1),
        export_days=_whole(env, "BLUEGRID_EXPORT_DAYS", 30, least=1),
        demo=env.get("BLUEGRID_DEMO") == "1",
        limits=Limits(file_bytes=_whole(env, "BLUEGRID_FILE_MIB", 50, least=1) * MIB),
        draw_rates=_draw_rates(env),
    )


DRAW_SETTINGS = {
    "key": "BLUEGRID_DRAW_KEY_PERCENT",
    "special": "BLUEGRID_DRAW_SPECIAL_PERCENT",
    "general": "BLUEGRID_DRAW_GENERAL_PERCENT",
}


def _draw_rates(env: Mapping[str, str]) -> DrawRates:
    usual = DrawRates()
    found: dict[str, int] = {}
    for name, setting in DRAW_SETTINGS.items():
        found[name] = _whole(env, setting, getattr(usual, name), least=0)
        if found[name] > 100:
            raise SettingInvalid(f"{setting} must be at most 100")
    return DrawRates(**found)


def _whole(env: Mapping[str, str], name: str, default: int, least: int) -> int:
    try:
        value = int(env.get(name, default))
    except ValueError:
        raise SettingInvalid(f"{name} must be a whole number") from None
    if value < least:
        raise SettingInvalid(f"{name} must be at least {least}")
    return value


def _kept_secret(path: Path) -> str:
    """The secret of this installation, made once and readable by its owner alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    return path.read_text().strip()
