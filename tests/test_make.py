"""The Makefile and the set-up script, tried with programs that only pretend to be Python, apt-get and sudo."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("sh", "cat", "cut", "sha256sum", "mktemp", "rm", "mv", "mkdir", "env", "dirname", "flock", "true")


class Machine:
    """A machine with an empty PATH, but for a few tools and the pretended programs that a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        for tool in TOOLS:
            (self.bin / tool).symlink_to(Path("/usr/bin") / tool)
        self.has("id", "echo 1000")

    def has(self, name: str, script: str) -> None:
        program = self.bin / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def has_python(self, version: str, *, venv_module: bool = True) -> None:
        """A `python3` that knows its version, and whether its venv module is there."""
        marker = self.folder / "venv-module"
        if venv_module:
            marker.touch()
        old = tuple(int(part) for part in version.split(".")) < (3, 11)
        self.has(
            "python3",
            f'case "$*" in *"import venv"*) test -e {marker} ;; *"%d.%d"*) echo {version} ;; '
            f"*version_info*) exit {int(old)} ;; esac",
        )

    def call(self, function: str) -> subprocess.CompletedProcess[str]:
        """Run one function of the set-up script on this machine."""
        return subprocess.run(
            ["/bin/sh", "-c", f". {ROOT}/.ci/setup.sh; {function}"],
            env={"PATH": str(self.bin), "BLUEGRID_SETUP_AS_LIBRARY": "1"},
            capture_output=True,
            text=True,
            cwd=self.folder,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


def test_without_the_right_to_install_it_says_what_to_install(machine: Machine) -> None:
    machine.has_python("3.11", venv_module=False)
    machine.has("apt-get", "exit 99")
    machine.has("sudo", "exit 1")  # asks for a password
    ran = machine.call("require_python; require_venv_module")
    assert ran.returncode == 1
    assert ran.stderr.splitlines() == [
        "Missing: Python's venv module.",
        "Install it with:   sudo apt-get install python3.11-venv",
        "and run make again.",
    ]


def test_without_apt_it_names_the_debian_package(machine: Machine) -> None:
    machine.has_python("3.12", venv_module=False)
    ran = machine.call("require_python; require_venv_module")
    assert ran.returncode == 1
    assert "Missing: Python's venv module." in ran.stderr
    assert "on Debian it is the package 'python3.12-venv'" in ran.stderr


@pytest.mark.parametrize("user", ["root", "somebody with sudo"])
def test_with_the_right_to_install_it_installs(machine: Machine, user: str) -> None:
    machine.has_python("3.11", venv_module=False)
    if user == "root":
        machine.has("id", "echo 0")
    else:
        machine.has("sudo", 'shift; exec "$@"')
    log = machine.folder / "apt.log"
    machine.has(
        "apt-get", f'echo "$*" >> {log}; case "$*" in *python3.11-venv) : > {machine.folder}/venv-module ;; esac'
    )
    ran = machine.call("require_python; require_venv_module")
    assert ran.returncode == 0, ran.stderr
    assert log.read_text().splitlines() == ["install -y --no-install-recommends python3.11-venv"]


def test_lists_that_are_out_of_date_are_fetched_first(machine: Machine) -> None:
    machine.has("id", "echo 0")
    log = machine.folder / "apt.log"
    machine.has("apt-get", f'echo "$1" >> {log}; test "$1" = update || test "$(cat {log})" != install')
    ran = machine.call("install_package some-package 'something'")
    assert ran.returncode == 0, ran.stderr
    assert log.read_text().split() == ["install", "update", "install"]


def test_an_installation_that_fails_shows_why_and_stops(machine: Machine) -> None:
    machine.has("id", "echo 0")
    machine.has("apt-get", "echo E: no route to host; exit 100")
    ran = machine.call("install_package some-package 'something'")
    assert ran.returncode == 1
    assert "E: no route to host" in ran.stderr
    assert "apt-get install some-package" in ran.stderr


def test_a_python_that_is_too_old_is_named_as_such(machine: Machine) -> None:
    machine.has_python("3.9")
    machine.has("id", "echo 0")
    machine.has("apt-get", "exit 0")
    ran = machine.call("require_python")
    assert ran.returncode == 1
    assert "This system's Python is older than 3.11" in ran.stderr


def test_npm_packages_are_installed_once_and_again_when_others_are_pinned(machine: Machine) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        (machine.folder / "web").mkdir(exist_ok=True)
        (machine.folder / "web" / name).write_text("{}")
    machine.has("npm", "mkdir -p node_modules; echo installed >> ../installed")
    run = machine.call(
        "build_up_to_date() { true; }; up_to_date() { true; }; set_up; set_up; echo x >> web/package-lock.json; set_up"
    )
    assert run.returncode == 0, run.stderr
    assert (machine.folder / "installed").read_text() == "installed\n" * 2


def test_npm_packages_that_cannot_be_installed_stop_the_set_up(machine: Machine) -> None:
    (machine.folder / "web").mkdir()
    machine.has("npm", "exit 1")
    run = machine.call("install_web")
    assert run.returncode == 1
    assert "package-lock.json could not be installed" in run.stderr


def test_the_web_client_is_built_once_and_again_when_its_sources_change(machine: Machine) -> None:
    for tool in ("find", "sort", "xargs"):
        (machine.bin / tool).symlink_to(Path("/usr/bin") / tool)
    (machine.folder / "web" / "src").mkdir(parents=True)
    (machine.folder / "web" / "src" / "main.ts").write_text("1")
    machine.has("npm", "mkdir -p dist; echo built >> ../built")
    ready = "up_to_date() { true; }; web_up_to_date() { true; }"
    run = machine.call(f"{ready}; set_up; set_up; echo 2 >> web/src/main.ts; set_up; set_up")
    assert run.returncode == 0, run.stderr
    assert (machine.folder / "built").read_text() == "built\n" * 2


def test_a_web_client_that_cannot_be_built_stops_the_set_up_and_says_why(machine: Machine) -> None:
    (machine.folder / "web").mkdir()
    machine.has("npm", "echo a type is wrong; exit 1")
    run = machine.call("build_web")
    assert run.returncode == 1
    assert "a type is wrong" in run.stderr
    assert not (machine.folder / "web" / "dist" / "bluegrid.stamp").exists()


def test_make_alone_lists_every_target_in_one_line_each() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    ran = subprocess.run(["make"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^  make (\S+) +\S", ran.stdout, re.MULTILINE))
    measures = {"test", "test-all", "test-web", "torture", "mutants", "lint", "bench"}
    assert listed == {"help", "run", "demo", "format", "clean"} | measures
    assert len(ran.stdout.splitlines()) == len(listed)


def test_continuous_integration_runs_make_test() -> None:
    run = ROOT / ".ci" / "run"
    assert os.access(run, os.X_OK)
    assert run.read_text().rstrip().endswith("make test")
