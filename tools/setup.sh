#!/bin/bash
# Set up the environment of the command line and the tests: setup.sh FOLDER
#
# Safe to run again at any time. Installs missing system packages when run as root on Debian or Ubuntu, else says which.
set -euo pipefail

FOLDER=${1:?usage: setup.sh FOLDER}
TORCH=$(sed -n 's/^ *"\(torch==[^"]*\)".*/\1/p' pyproject.toml)
# What the bpy wheels of 4.2 to 5.0 link against, and what Workbench needs to draw without a screen.
LIBRARIES="libx11-6 libxrender1 libxfixes3 libxi6 libxkbcommon0 libsm6 libice6 libxext6 libxxf86vm1 libgl1 libegl1 libgomp1"

say() { echo "[set-up] $*" >&2; }

fail() {
    say "$*"
    exit 1
}

# Install Debian packages as root, else fail with the line to type.
packages() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
        fail "missing system packages. On Debian or Ubuntu: sudo apt-get install $*"
    fi
    say "installing system packages: $*"
    local log
    log=$(mktemp)
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } > "$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail "apt-get failed (its output is above)"
    fi
    rm -f "$log"
}

# The name of a Python 3.11 that works. The bpy wheel exists for no other version.
find_python() {
    local name
    for name in python3.11 python3 python; do
        if [ "$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2> /dev/null)" = 3.11 ]; then
            echo "$name"
            return
        fi
    done
    fail "no Python 3.11 (looked for python3.11, python3, python). Blender's Python module needs exactly 3.11: install it" \
        "(Debian 12: apt-get install python3.11 python3.11-venv; Ubuntu: the deadsnakes archive, pyenv or uv) and run make again"
}

install() {
    # Twice quiet: errors only. pip would else warn of every package that one of several indices does not hold.
    "$FOLDER/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --progress-bar off "$@"
}

# The shared libraries that bpy wants and the system lacks.
missing_libraries() {
    local place
    place=$("$FOLDER/bin/python" -c 'import importlib.util as u; print(u.find_spec("bpy").origin)')
    ldd "$place" | awk '/not found/ { print $1 }' | sort -u
}

if [ "$("$FOLDER/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2> /dev/null || true)" != 3.11 ]; then
    BASE=$(find_python)
    # Debian splits venv from Python; what it needs is ensurepip.
    "$BASE" -c 'import ensurepip, venv' 2> /dev/null || packages python3.11-venv
    say "1/4 making $FOLDER with $BASE"
    "$BASE" -m venv --clear "$FOLDER"
else
    say "1/4 $FOLDER is there"
fi

say "2/4 $TORCH (the longest download)"
# First and alone: together with the rest, pip has been seen to download several builds before it settles.
install "$TORCH"
say "3/4 ptalker with Blender as a module, tests, plots and aligner"
install -e '.[blender,dev,plots,transcript]'

say "4/4 checking that Blender loads"
MISSING=$(missing_libraries)
if [ -n "$MISSING" ]; then
    say "Blender wants:" $MISSING
    # shellcheck disable=SC2086
    packages $LIBRARIES
fi
"$FOLDER/bin/python" - << 'EOF'
import os
import sys

import bpy
import torch

print(f"[set-up] done: Blender {bpy.app.version_string}, torch {torch.__version__}, Python {sys.version.split()[0]}", file=sys.stderr)
sys.stderr.flush()
os._exit(0)  # Blender's own exit may hang
EOF
