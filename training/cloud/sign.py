"""Signature of a model for the model channel: what `babycryd model update` takes is what this writes.

    minisign -G -p minisign.pub -s minisign.key                  once; the key never leaves this computer
    python -m training.cloud.sign new/ --to /media/models --key minisign.key
    python -m training.cloud.sign gs://my-bucket --to gs://my-bucket/training/models --key minisign.key

A model is the folder of cry.tflite, cry.json and cries.f16 (and second.json, where the second opinion was calibrated
for it), or gs://BUCKET for the one that `training.cloud.gate` promoted there. The files come first and the signed offer
last, so that a device finds the whole model or the one before.
"""

import argparse
import hashlib
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from babycryd.detect.features import FEATURES
from babycryd.detect.tflite import ModelError
from babycryd.model_channel.offer import CARD, LARGEST_BYTES, MODEL, NEEDED, OFFER, SIGNATURE, offer_text
from babycryd.model_channel.package import package_of
from training.cloud.gate import POINTER, PROMOTED
from training.cloud.storage import Bucket, CloudError
from training.cloud.upload import guarded

GS: Final = "gs://"
_FIRST_FEATURES: Final = 1  # of cards that name none


def files_of(model: str) -> dict[str, bytes]:
    """Files of a model by name, from its folder or from the bucket it was promoted in. Raises CloudError."""
    if not model.startswith(GS):
        folder = Path(model)
        return {name: (folder / name).read_bytes() for name in LARGEST_BYTES if (folder / name).exists()}
    bucket = Bucket(model.removeprefix(GS).strip("/"))
    below = f"{PROMOTED}{json.loads(bucket.get(POINTER))['sha256']}/"
    there = bucket.objects(below)
    return {name: bucket.get(below + name) for name in LARGEST_BYTES if below + name in there}


def require_usable(files: dict[str, bytes]) -> None:
    """Return where a device of this version would take these files. Raises CloudError."""
    if missing := set(NEEDED) - files.keys():
        raise CloudError(f"a model needs {', '.join(NEEDED)}; missing: {', '.join(sorted(missing))}")
    try:
        package_of(files, "the model")
    except ModelError as broken:
        raise CloudError(str(broken)) from broken
    if (made := json.loads(files[CARD]).get("features", _FIRST_FEATURES)) != FEATURES:
        raise CloudError(f"the model was trained on version {made} of the features, and this code computes {FEATURES}")


def signature(offer: bytes, key: Path, serial: int) -> bytes:
    """Signature of an offer by minisign, which asks for the key's password. Raises CloudError."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / OFFER).write_bytes(offer)
        command = ["minisign", "-S", "-s", str(key.resolve()), "-m", OFFER, "-t", f"babycryd model, serial {serial}"]
        try:
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        except FileNotFoundError as missing:
            raise CloudError("minisign is missing: apt install minisign") from missing
        except subprocess.CalledProcessError as failed:
            raise CloudError(f"minisign did not sign with {key}: exit code {failed.returncode}") from failed
        return (Path(folder) / SIGNATURE).read_bytes()


def writer(where: str) -> Callable[[str, bytes], None]:
    """What writes a file below a folder or a bucket's prefix."""
    if where.startswith(GS):
        name, _, prefix = where.removeprefix(GS).partition("/")
        bucket, below = Bucket(name), f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        return lambda file, content: bucket.put(below + file, content)

    def write(file: str, content: bytes) -> None:
        path = Path(where) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(content)
        partial.replace(path)

    return write


def publish(files: dict[str, bytes], where: str, key: Path, serial: int) -> str:
    """Sign a model and write it; returns its name. Raises CloudError."""
    require_usable(files)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    offer = offer_text(serial, sums)
    signed, write = signature(offer, key, serial), writer(where)
    for name, content in files.items():
        write(f"{sums[MODEL]}/{name}", content)
    write(OFFER, offer)
    write(SIGNATURE, signed)
    return sums[MODEL]


def run(options: argparse.Namespace) -> None:
    """Sign and publish. Raises CloudError."""
    serial = int(time.time()) if options.serial is None else options.serial
    name = publish(files_of(options.model), options.to, options.key, serial)
    print(f"model {name[:12]} is offered at {options.to} (serial {serial}); on the device: babycryd model update")


def main() -> None:
    """Sign a model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="folder of the model, or gs://BUCKET for the promoted one")
    parser.add_argument("--to", required=True, help="folder, or gs://BUCKET/FOLDER, that devices read")
    parser.add_argument("--key", type=Path, required=True, help="secret key of minisign")
    parser.add_argument("--serial", type=int, help="grows with every offer (default: the time)")
    options = parser.parse_args()
    guarded(lambda: run(options))


if __name__ == "__main__":
    main()
