#!/bin/sh
# Makes .venv, so that it holds exactly what the requirements files pin. Called by the Makefile:
#
#   .ci/setup.sh run    what the server needs, and the web client built into web/dist (Node comes with .venv)
#   .ci/setup.sh dev    that, and what tests and lint need
#
# A stamp keeps a hash of what was installed: with nothing changed this does nothing, needs no network,
# and takes a few milliseconds. A missing Debian package is installed when we are root or sudo asks no password;
# otherwise the script says what to install and stops.
set -eu

say() { printf '%s\n' "$@" >&2; }

fail() {
    say "$@"
    exit 1
}

# --- system packages -------------------------------------------------------------------------------------------

# Prints the prefix for commands that need root ("" or "sudo -n"), or fails when we may not.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        printf ''
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        printf 'sudo -n'
    else
        return 1
    fi
}

# install_package PACKAGE WHY: installs it, or says what to do and stops.
install_package() {
    command -v apt-get >/dev/null 2>&1 ||
        fail "Missing: $2." "Install it with your system's package manager (on Debian it is the package '$1'), then run make again."
    prefix=$(as_root) ||
        fail "Missing: $2." "Install it with:   sudo apt-get install $1" "and run make again."
    say "Installing the system package $1 ($2) …"
    log=$(mktemp)
    if ! apt_install "$prefix" "$1" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail "The package $1 could not be installed. Install it by hand, then run make again:   apt-get install $1"
    fi
    rm -f "$log"
}

apt_install() {
    # $1 is empty or two words
    $1 env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$2" ||
        { $1 apt-get update && $1 env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$2"; }
}

# --- Python ----------------------------------------------------------------------------------------------------

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# Prints the first Python that is new enough.
find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if command -v "$candidate" >/dev/null 2>&1 && new_enough "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

require_python() {
    python=$(find_python) && return 0
    [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON is not a Python of version 3.11 or newer."
    install_package python3 "Python 3.11 or newer"
    python=$(find_python) ||
        fail "This system's Python is older than 3.11. Install a newer one, and name it:   make PYTHON=/path/to/python3"
}

require_venv_module() {
    "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 && return 0
    install_package "python$(version_of "$python")-venv" "Python's venv module"
    "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
        fail "Python's venv module is still missing. Install the package python$(version_of "$python")-venv."
}

# --- the virtual environment -----------------------------------------------------------------------------------

works() { .venv/bin/python -c 'import pip' >/dev/null 2>&1; }

# What the environment should hold: the pins, and the Python that they were installed for.
wanted() {
    # shellcheck disable=SC2086
    { cat $files; .venv/bin/python -V; } 2>&1 | sha256sum | cut -d ' ' -f 1
}

up_to_date() { [ -f "$stamp" ] && works && [ "$(cat "$stamp")" = "$(wanted)" ]; }

make_venv() {
    require_python
    require_venv_module
    say "Making the virtual environment .venv ($("$python" -V)) …"
    "$python" -m venv --clear .venv
}

install_requirements() {
    say "Installing $1 into .venv; the first time takes a few minutes …"
    rm -f .venv/bluegrid-*.stamp
    # shellcheck disable=SC2086
    PIP_ROOT_USER_ACTION=ignore .venv/bin/python -m pip install -qq --no-input --disable-pip-version-check \
        --no-warn-script-location $compile --requirement "$1" ||
        fail "The packages in $1 could not be installed; the lines above say why. The first set-up needs the internet."
}

# --- npm packages ----------------------------------------------------------------------------------------------

web_stamp=web/node_modules/bluegrid.stamp

web_wanted() { cat web/package.json web/package-lock.json web/.npmrc | sha256sum | cut -d ' ' -f 1; }

web_up_to_date() { [ -f "$web_stamp" ] && [ "$(cat "$web_stamp")" = "$(web_wanted)" ]; }

install_web() {
    say "Installing the npm packages of web/ …"
    (cd web && PATH="$PWD/../.venv/bin:$PATH" npm ci --loglevel=error >/dev/null) ||
        fail "The packages in web/package-lock.json could not be installed; the lines above say why."
    web_wanted >"$web_stamp"
}

# --- the web client --------------------------------------------------------------------------------------------

build_stamp=web/dist/bluegrid.stamp

# What the client is built from: its packages, its sources, and the words that it shares with the server.
build_wanted() {
    { web_wanted; find web/src web/*.ts web/tsconfig.json backend/catalogue/*.yaml -type f | sort | xargs cat; } 2>/dev/null |
        sha256sum | cut -d ' ' -f 1
}

build_up_to_date() { [ -f "$build_stamp" ] && [ "$(cat "$build_stamp")" = "$(build_wanted)" ]; }

build_web() {
    say "Building the web client …"
    log=$(mktemp)
    if ! (cd web && PATH="$PWD/../.venv/bin:$PATH" npm run --silent build) >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail "The web client could not be built; the lines above say why."
    fi
    rm -f "$log"
    build_wanted >"$build_stamp"
}

# --- all of it -------------------------------------------------------------------------------------------------

all_up_to_date() { up_to_date && web_up_to_date && build_up_to_date; }

# The tests with several hosts make network namespaces, which only root may.
require_ip_for_root() {
    [ "$(id -u)" != 0 ] || command -v ip >/dev/null 2>&1 || install_package iproute2 "ip, for tests with several hosts"
}

# The browser of the tests; it comes from the system, since npm and PyPI hold none.
require_chromium() {
    command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 ||
        install_package chromium "Chromium, for tests in a browser"
}

set_up() {
    up_to_date || set_up_python
    web_up_to_date || install_web
    build_up_to_date || build_web
}

set_up_python() {
    works || make_venv
    [ "$requirements" = requirements.txt ] || { require_ip_for_root && require_chromium; }
    install_requirements "$requirements"
    wanted >"$stamp.new"
    mv "$stamp.new" "$stamp"
}

main() {
    case "${1:-}" in
    run) requirements=requirements.txt files=requirements.txt compile=--compile ;;
    dev)
        requirements=requirements-dev.txt files="requirements.txt requirements-dev.txt"
        compile=--no-compile # most modules are never imported by a test: Python compiles those that are
        ;;
    *) fail "usage: .ci/setup.sh run|dev" ;;
    esac
    stamp=.venv/bluegrid-$1.stamp
    cd "$(dirname "$0")/.."
    all_up_to_date && return 0
    # Two makes at once: the second waits for the first. The lock lies outside .venv, which may be made anew.
    if command -v flock >/dev/null 2>&1; then
        mkdir -p .make
        exec 9>.make/setup.lock
        flock 9
    fi
    set_up
}

# The tests read this file to try its functions one by one.
[ "${BLUEGRID_SETUP_AS_LIBRARY:-}" = 1 ] || main "$@"
