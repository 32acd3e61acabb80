"""`make run` and `make demo`: prepares the data folder, then runs the web server and the job consumer until stopped.

python -m backend.serve          the embedded default
python -m backend.serve --demo   the same on demo data, after playing five weeks and a day once (DEMO_WEEKS=0: the day)
"""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from backend import create_app, durability, serve_options, tls
from backend.config import SettingInvalid, Settings, from_environment
from backend.demo import PLAYED
from backend.extensions import db
from backend.serve_options import CannotListen, Options
from backend.supervisor import Program, Supervisor, python
from sync.errors import StoreUnavailable

FOLDER = Path(__file__).resolve().parent.parent
READY_S = 180.0
MOST_FAILED_STARTS = 3
DAY_S = 86400.0
WEB = "web server"


class NotStarted(RuntimeError):
    """The server does not come up; the text says what is known."""


def main(arguments: list[str]) -> int:
    """Serve until a signal; the exit code is 0 after an orderly stop."""
    demo = arguments == ["--demo"]
    if arguments and not demo:
        say("usage: python -m backend.serve [--demo]")
        return 2
    os.umask(0o027)  # the data folder holds personal data: nothing of it is for other users of the machine
    if demo:
        os.environ.setdefault("BLUEGRID_DATA", "instance/demo")
        os.environ["BLUEGRID_DEMO"] = "1"
    try:
        options = serve_options.from_environment(os.environ)
        with serve_options.claim(options.host, options.port) as claimed, Supervisor(say) as supervisor:
            return _serve(supervisor, claimed, options, demo)
    except (
        SettingInvalid,
        tls.TlsInvalid,
        CannotListen,
        durability.DurabilityWeak,
        StoreUnavailable,
        NotStarted,
    ) as error:
        say(f"Bluegrid does not start: {str(error).removesuffix('.')}.")
        return 2


def _serve(supervisor: Supervisor, claimed: socket.socket, options: Options, demo: bool) -> int:
    options = _with_port(options, claimed)
    settings = _settings()
    os.environ["BLUEGRID_DATA"] = str(settings.data)
    pair = _certificate(options, settings.data)
    code = prepare(create_app(settings))
    if code or supervisor.stopping:
        return code
    if demo and os.environ.get("DEMO_WEEKS") != "0" and not (settings.data / PLAYED).exists():
        code = _play(supervisor, ["weeks"], dict(os.environ))
        if code or supervisor.stopping:
            return code
    serve_options.listen(claimed)
    supervisor.start(_web(options, claimed, pair))
    supervisor.start(_consumer())
    _await_ready(supervisor, options)
    if demo:
        code = _play_day(supervisor, options, settings.data)
        if code or os.environ.get("DEMO_ONCE") == "1" or supervisor.stopping:
            return code
    _announce(options, settings.data)
    while not supervisor.stopping:
        supervisor.wait(DAY_S)
        if options.tls_mode == "local" and not supervisor.stopping:
            _renew(supervisor, options, settings.data)
    say("Stopping.")
    return 0


def _settings() -> Settings:
    try:
        return from_environment()
    except OSError as error:
        raise NotStarted(f"the data folder cannot be used: {error.strerror}: {error.filename}") from None


def prepare(app: Flask) -> int:
    """Run `flask setup run`, which also refuses a database that could lose an acknowledged write; its exit code."""
    try:
        app.cli.main(args=["setup", "run"], prog_name="flask", obj=ScriptInfo(create_app=lambda: app))
    except SystemExit as end:
        return _exit_code(end)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        where = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).render_as_string(hide_password=True)
        raise NotStarted(f"the database {where} cannot be opened or prepared ({reason})") from error
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()  # the supervisor itself keeps no connection
    return 0


def _exit_code(end: SystemExit) -> int:
    if isinstance(end.code, str):
        say(end.code)
        return 1
    return end.code or 0


def _with_port(options: Options, claimed: socket.socket) -> Options:
    """The options with the port that PORT=0 turned out to be."""
    return replace(options, port=claimed.getsockname()[1])


def _certificate(options: Options, data: Path) -> tls.Pair | None:
    if options.tls_files is not None:
        return tls.supplied_pair(options.tls_files.certificate, options.tls_files.key, datetime.now(UTC))
    if options.tls_mode == "local":
        return tls.LocalAuthority(data).pair(options.names(), datetime.now(UTC))
    return None


def _renew(supervisor: Supervisor, options: Options, data: Path) -> None:
    """Once a day: replace a server certificate that is about to expire, without dropping connections."""
    authority = tls.LocalAuthority(data)
    names = options.names()
    if not authority.fits(names, datetime.now(UTC)):
        authority.pair(names, datetime.now(UTC))
        supervisor.send(WEB, signal.SIGHUP)


def _web(options: Options, claimed: socket.socket, pair: tls.Pair | None) -> Program:
    descriptor = claimed.fileno()
    command = python("gunicorn", "--config", str(FOLDER / "backend" / "gunicorn_conf.py"))
    command += ["--bind", f"fd://{descriptor}", "--workers", str(options.workers)]
    if pair is not None:
        command += ["--certfile", str(pair.certificate), "--keyfile", str(pair.key)]
    return Program(WEB, command, dict(os.environ), str(FOLDER), (descriptor,))


def _consumer() -> Program:
    # SIGTERM lets the job under way finish, for up to 15 s; a job cut off is taken up again at the next start.
    arguments = [
        "--workers",
        "2",  # one may be at a backup for hours
        "--graceful-signal",
        "TERM",
        "--shutdown-timeout",
        "15",
        "--max-delay",
        "1",
        "--quiet",
    ]
    command = python("huey.bin.huey_consumer", *arguments, "backend.jobs.consumer.huey")
    return Program("job consumer", command, dict(os.environ), str(FOLDER))


def _await_ready(supervisor: Supervisor, options: Options) -> None:
    """Wait until /readyz says yes; raises NotStarted after READY_S or too many failed starts."""
    deadline = time.monotonic() + READY_S
    answer = "no answer"
    while not supervisor.stopping:
        supervisor.wait(0.1)
        answer = _readiness(options)
        if answer == "ready":
            return
        if supervisor.failures() >= MOST_FAILED_STARTS:
            raise NotStarted("a part of it ends again and again; the lines above say why")
        if time.monotonic() > deadline:
            raise NotStarted(f"it is not ready after {READY_S:.0f} s ({answer})")


def _readiness(options: Options) -> str:
    """'ready', or why not. It asks our own socket, so the certificate need not name this address."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(f"{options.url}/readyz", timeout=2):
            return "ready"
    except urllib.error.HTTPError as error:
        return error.read(2000).decode(errors="replace")
    except OSError as error:
        return str(error)


def _play_day(supervisor: Supervisor, options: Options, data: Path) -> int:
    """Run `flask demo play` against the server while looking after it; its exit code."""
    environment = dict(os.environ)
    if options.tls_mode == "local":
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            environment[name] = str(tls.authority_path(data))
    return _play(supervisor, ["play", "--url", options.url], environment)


def _play(supervisor: Supervisor, arguments: list[str], environment: dict[str, str]) -> int:
    """Run a part of the demo's story while looking after what serves; its exit code."""
    command = python("flask", "--app", "wsgi", "demo", *arguments)
    with subprocess.Popen(command, env=environment, cwd=FOLDER, start_new_session=True) as player:
        while player.poll() is None and not supervisor.stopping:
            supervisor.wait(1.0)
        if player.poll() is None:
            player.terminate()
            _wait_or_kill(player)
            return 0
    if player.returncode:
        say("The demo day did not play to its end; the lines above say why.")
    return player.returncode


def _wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()


def _announce(options: Options, data: Path) -> None:
    say(f"Bluegrid serves {options.url} (data in {data}). Stop it with Ctrl-C.")
    if options.tls_mode == "local":
        authority = tls.LocalAuthority(data)
        say(f"Certificate authority to trust on phones: {authority.certificate} (docs/tls.md)")
        say(f"Its SHA-256 fingerprint: {authority.fingerprint()}")


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
