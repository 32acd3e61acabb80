"""Settings: one frozen object, read from the environment once and validated at start.

Knows the environment and nothing of Flask's request, of models or of routes.
"""

from __future__ import annotations

import os
import re
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

MIB = 1024 * 1024
LEAST_AUDIT_DAYS = 185
"""Cybersecurity law (网络安全法): logs are kept for six months at least, and six months can be 184 days."""


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
class PhotoRules:
    """From where on a photo is flagged. A flag asks somebody to look; it never refuses anything.

    Each value with its reason; docs/evidence.md has the table.
    """

    exif_distance_m: float = 500.0
    """A cold receiver may be some hundred metres off, and indoors a phone reports a mast; more is another place."""
    exif_minutes: float = 10.0
    """Cameras without a network drift by minutes a year; a photo of another visit is hours or days away."""
    edited_minutes: float = 1.0
    """A camera writes when a file was changed and when it was taken within a second of one another."""
    travel_kmh: float = 200.0
    """Expressways allow 120 km/h, and the railway between two towns, door to door, is slower than this."""
    travel_least_m: float = 1000.0
    """Below, beside what both positions are unsure of, it is the receiver that moved."""
    clock_s: float = 300.0
    """A phone on a network keeps time within seconds; five minutes are what the contract calls a clock that is off."""
    burst_minutes: float = 10.0
    """Two shots of one person within it look alike because they are of one visit."""
    camera_look_back: int = 10
    camera_least: int = 3
    """The camera's own habit is told from its last ten photos, and only when there are three of them or more."""


@dataclass(frozen=True, slots=True)
class SignInRules:
    """How people sign in, and how long that holds; 0 turns `idle_minutes` or `admin_password_days` off.

    Only admins' passwords grow old: the standard asks for change, and theirs open everything; whoever must change
    often chooses worse.
    """

    hours: int = 12
    idle_minutes: int = 30
    tries: int = 5
    lock_minutes: int = 15
    admin_password_days: int = 180
    admin_second_factor: bool = False


@dataclass(frozen=True, slots=True)
class SingleSignOn:
    """The office's own OpenID Connect provider; `claim` holds the user name, `name` is what people call it."""

    issuer: str
    client_id: str
    client_secret: str | None = None
    claim: str = "preferred_username"
    name: str = "单点登录"


@dataclass(frozen=True, slots=True)
class MapSettings:
    """What lies below the layers of a map, and what it must be labelled with; without any, there is no base map.

    `tianditu_key`: of 天地图, for browsers. `pmtiles`: a file of this machine. At most one of the two.
    """

    tianditu_key: str | None = None
    pmtiles: Path | None = None
    approval_no: str | None = None
    """审图号"""
    attribution: str | None = None


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
    audit_days: int = LEAST_AUDIT_DAYS
    argon2_memory_kib: int = 65536
    login_attempts: str = "10 per minute"
    hooks_private: bool = False
    hooks_authorities: Path | None = None
    digest_hour: int = 8
    limits: Limits = field(default_factory=Limits)
    draw_rates: DrawRates = field(default_factory=DrawRates)
    photo_rules: PhotoRules = field(default_factory=PhotoRules)
    sign_in: SignInRules = field(default_factory=SignInRules)
    single_sign_on: SingleSignOn | None = None
    plate_rules: Path | None = None
    maps: MapSettings = field(default_factory=MapSettings)

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
        photo_rules=_photo_rules(env),
        sign_in=_sign_in(env),
        single_sign_on=_single_sign_on(env),
        audit_days=_whole(env, "BLUEGRID_AUDIT_DAYS", LEAST_AUDIT_DAYS, least=LEAST_AUDIT_DAYS),
        plate_rules=Path(env["BLUEGRID_PLATE_RULES"]).absolute() if env.get("BLUEGRID_PLATE_RULES") else None,
        hooks_private=env.get("BLUEGRID_HOOKS_PRIVATE") == "1",
        hooks_authorities=_hooks_authorities(env),
        digest_hour=_hour(env, "BLUEGRID_DIGEST_HOUR", 8),
        maps=_maps(env),
    )


def _hooks_authorities(env: Mapping[str, str]) -> Path | None:
    if not env.get("BLUEGRID_HOOKS_CA"):
        return None
    path = Path(env["BLUEGRID_HOOKS_CA"]).absolute()
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=str(path))
    except OSError as error:
        raise SettingInvalid(f"BLUEGRID_HOOKS_CA names no PEM file of certificates: {path}") from error
    return path


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


PHOTO_SETTINGS = {
    "exif_distance_m": "BLUEGRID_PHOTO_EXIF_METRES",
    "exif_minutes": "BLUEGRID_PHOTO_EXIF_MINUTES",
    "travel_kmh": "BLUEGRID_PHOTO_TRAVEL_KMH",
    "clock_s": "BLUEGRID_PHOTO_CLOCK_SECONDS",
}


def _photo_rules(env: Mapping[str, str]) -> PhotoRules:
    usual = PhotoRules()
    said = {name: _whole(env, setting, int(getattr(usual, name)), least=1) for name, setting in PHOTO_SETTINGS.items()}
    return replace(usual, **said)


def _sign_in(env: Mapping[str, str]) -> SignInRules:
    asked = env.get("BLUEGRID_ADMIN_SECOND_FACTOR", "optional")
    if asked not in ("optional", "required"):
        raise SettingInvalid("BLUEGRID_ADMIN_SECOND_FACTOR is 'optional' or 'required'")
    return SignInRules(
        hours=_whole(env, "BLUEGRID_SIGN_IN_HOURS", 12, least=1),
        idle_minutes=_whole(env, "BLUEGRID_IDLE_MINUTES", 30, least=0),
        tries=_whole(env, "BLUEGRID_SIGN_IN_TRIES", 5, least=1),
        lock_minutes=_whole(env, "BLUEGRID_LOCK_MINUTES", 15, least=1),
        admin_password_days=_whole(env, "BLUEGRID_ADMIN_PASSWORD_DAYS", 180, least=0),
        admin_second_factor=asked == "required",
    )


def _single_sign_on(env: Mapping[str, str]) -> SingleSignOn | None:
    issuer, client_id = env.get("BLUEGRID_OIDC_ISSUER"), env.get("BLUEGRID_OIDC_CLIENT_ID")
    if not issuer and not client_id:
        return None
    if not issuer or not client_id:
        raise SettingInvalid("BLUEGRID_OIDC_ISSUER and BLUEGRID_OIDC_CLIENT_ID are set together")
    if not issuer.startswith(("https://", "http://127.0.0.1:", "http://[::1]:")):
        raise SettingInvalid("BLUEGRID_OIDC_ISSUER begins with https://")
    usual = SingleSignOn(issuer, client_id)
    return SingleSignOn(
        issuer,
        client_id,
        client_secret=env.get("BLUEGRID_OIDC_CLIENT_SECRET") or None,
        claim=env.get("BLUEGRID_OIDC_CLAIM") or usual.claim,
        name=env.get("BLUEGRID_OIDC_NAME") or usual.name,
    )


MOST_LETTERS_OF_A_LABEL = 200


def _maps(env: Mapping[str, str]) -> MapSettings:
    key, file = env.get("BLUEGRID_MAP_TIANDITU_KEY") or None, env.get("BLUEGRID_MAP_PMTILES") or None
    if key and file:
        raise SettingInvalid("Set BLUEGRID_MAP_TIANDITU_KEY or BLUEGRID_MAP_PMTILES, not both")
    if key and not re.fullmatch("[0-9A-Za-z]{8,64}", key):
        raise SettingInvalid("BLUEGRID_MAP_TIANDITU_KEY is the key that 天地图 gave: letters and digits only")
    if file and not Path(file).is_file():
        raise SettingInvalid(f"BLUEGRID_MAP_PMTILES names no file: {file}")
    labels = {name: env.get(name) or None for name in ("BLUEGRID_MAP_APPROVAL_NO", "BLUEGRID_MAP_ATTRIBUTION")}
    for name, said in labels.items():
        if said and len(said) > MOST_LETTERS_OF_A_LABEL:
            raise SettingInvalid(f"{name} is too long")
    approval_no, attribution = labels.values()
    return MapSettings(key, Path(file).absolute() if file else None, approval_no, attribution)


def _whole(env: Mapping[str, str], name: str, default: int, least: int) -> int:
    try:
        value = int(env.get(name, default))
    except ValueError:
        raise SettingInvalid(f"{name} must be a whole number") from None
    if value < least:
        raise SettingInvalid(f"{name} must be at least {least}")
    return value


def _hour(env: Mapping[str, str], name: str, default: int) -> int:
    hour = _whole(env, name, default, least=0)
    if hour > 23:
        raise SettingInvalid(f"{name} must be an hour of the day, 0 to 23")
    return hour


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
