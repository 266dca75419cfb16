#!/bin/sh
# Usage: [PYTHON=python3.12] install.sh FOLDER WHAT
# Installs WHAT of this checkout, editable, into a virtual environment in FOLDER.
set -eu
folder=$1
what=$2
cd "$(dirname "$0")"

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

version() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

python=${PYTHON:-python3}
if ! is_new_enough "$python"; then
    found=$(version "$python" || true)
    hint="Install a newer one, then name it: make demo PYTHON=python3.12"
    for each in python3.14 python3.13 python3.12 python3.11; do
        if is_new_enough "$each"; then
            hint="There is a newer one. Run: make demo PYTHON=$each"
            break
        fi
    done
    if [ "$found" ]; then
        fail "ima-tui needs Python 3.11 or newer; $python is Python $found." "$hint"
    fi
    fail "ima-tui needs Python 3.11 or newer; there is no $python." "$hint"
fi

# an environment counts only once its pip runs; anything less is made anew
if ! { [ -f "$folder/pyvenv.cfg" ] && is_new_enough "$folder/bin/python" &&
    "$folder/bin/python" -m pip --version >/dev/null 2>&1; }; then
    echo "Creating a virtual environment in $folder with Python $(version "$python")"
    rm -rf "$folder"
    if ! said=$("$python" -m venv "$folder" 2>&1) ||
        ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
        rm -rf "$folder"
        [ -z "${said:-}" ] || printf '%s\n' "$said" >&2
        fail "" "Python's venv or pip is missing. On Debian and Ubuntu: sudo apt install python$(version "$python")-venv" \
            "Then run the same command again."
    fi
fi

echo "Installing ima-tui and its packages into $folder. This takes about a minute."
# a line for each package, with colours, bars and notices left out
if ! "$folder/bin/python" -m pip install --disable-pip-version-check --progress-bar off \
    -c constraints.txt -e "$what"; then
    fail "" "The packages could not be installed; pip's message is above." \
        "Behind a proxy set HTTPS_PROXY, and PIP_INDEX_URL for an index of your own. Then run the same command again."
fi
"$folder/bin/python" -m compileall -q ima_tui
