# Sourced by scripts/run and scripts/test: set_up EXTRAS APT_PACKAGE...
# Installs what is missing and nothing else; quick when nothing changed.
# shellcheck shell=bash

say() { printf '\033[1m%s\033[0m\n' "babycryd: $*" >&2; }

fail() {
    say "$*"
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "these Debian packages are missing and there is no sudo; as root, run: $*"
    fi
}

install_packages() {
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    command -v apt-get >/dev/null || fail "please install: ${missing[*]} (this script knows Debian's apt only)"
    say "installing ${missing[*]} (apt)"
    quietly as_root apt-get update -qq || say "the package lists could not be refreshed; trying with the old ones"
    quietly as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" ||
        fail "apt could not install ${missing[*]}: see the message above"
}

# quietly COMMAND...: prints what the command says only when it fails. A question of sudo goes to the terminal itself.
quietly() {
    local said code=0
    said=$("$@" 2>&1) || code=$?
    [ $code = 0 ] || printf '%s\n' "$said" >&2
    return "$code"
}

# The virtual environment lives in the checkout; its stamp says which pyproject.toml and extras it was made for.
set_up() {
    local extras=$1 wanted
    shift
    command -v python3 >/dev/null || fail "python3 is missing: apt install python3"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 or newer is needed; this is $(python3 --version) (Raspberry Pi OS Bookworm has 3.11)"
    [ "$(getconf LONG_BIT)" = 64 ] || fail "a 64-bit system is needed: there is no TFLite runtime for 32-bit Raspberry Pi OS"
    install_packages "$@"
    wanted="$(sha256sum pyproject.toml | cut -d' ' -f1) $extras"
    if [ ! -x .venv/bin/python ] || ! grep -qxF "$wanted" .venv/babycryd-stamp 2>/dev/null; then
        # Debian splits venv off python3; a Python from elsewhere brings its own.
        python3 -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
        say "installing the Python packages into .venv (a minute or two, once)"
        [ -x .venv/bin/pip ] || python3 -m venv --clear .venv
        .venv/bin/pip install --quiet --disable-pip-version-check --editable ".${extras:+[$extras]}" ||
            fail "pip could not install the packages: see the message above; is there a network?"
        printf '%s\n' "$wanted" >> .venv/babycryd-stamp
    fi
}
