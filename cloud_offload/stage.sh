#!/usr/bin/env bash
# Fills FOLDER for the deployment: the function's code, the detector as a wheel, and the pinned requirements.
#
#   cloud_offload/stage.sh FOLDER
set -euo pipefail

folder=${1:?usage: cloud_offload/stage.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
package=$(cd "$here/../babycryd" && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

mkdir -p "$folder" "$build/babycryd"
rm -f "$folder"/babycryd_detect-*.whl
cp "$here"/*.py "$folder"
cp "$here/detector/pyproject.toml" "$build"
cp "$package"/__init__.py "$package/py.typed" "$build/babycryd"
cp -r "$package"/{core,audio,detect} "$build/babycryd"
find "$build" -name __pycache__ -prune -exec rm -rf {} +
python3 -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$folder" "$build"
# With a checksum too: pip demands one of every requirement as soon as one has it
{
    cat "$here/requirements.txt"
    cd "$folder"
    for wheel in ./babycryd_detect-*.whl; do echo "$wheel --hash=sha256:$(sha256sum "$wheel" | cut -d' ' -f1)"; done
} > "$build/requirements.txt"
mv "$build/requirements.txt" "$folder"
