"""The signature of a model: what minisign signs is taken, and nothing else is."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from babycryd.model_channel.minisign_format import SignatureError, public_key, signature
from babycryd.model_channel.signatures import require_signed
from tests.support.signed_models import Signer

CONTENT = b'{"schema": 1}\n'


def test_what_minisign_signs_is_taken(tmp_path: Path) -> None:
    if shutil.which("minisign") is None:
        pytest.skip("needs Debian's minisign")
    (tmp_path / "channel.json").write_bytes(CONTENT)
    subprocess.run(
        ["minisign", "-G", "-W", "-p", "key.pub", "-s", "key"], cwd=tmp_path, check=True, capture_output=True
    )
    subprocess.run(
        ["minisign", "-S", "-s", "key", "-m", "channel.json", "-t", "serial 7"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    key = (tmp_path / "key.pub").read_text().splitlines()[1]
    signed = (tmp_path / "channel.json.minisig").read_bytes()
    require_signed(CONTENT, signed, key)
    with pytest.raises(SignatureError, match="was changed after it was signed"):
        require_signed(CONTENT + b" ", signed, key)


def test_our_signer_signs_as_minisign_does(tmp_path: Path) -> None:
    if shutil.which("minisign") is None:
        pytest.skip("needs Debian's minisign")
    signer = Signer()
    (tmp_path / "channel.json").write_bytes(CONTENT)
    (tmp_path / "channel.json.minisig").write_bytes(signer.signature(CONTENT))
    subprocess.run(["minisign", "-V", "-P", signer.public, "-m", "channel.json"], cwd=tmp_path, check=True)


def test_each_changed_byte_is_noticed() -> None:
    signer = Signer()
    signed = signer.signature(CONTENT)
    require_signed(CONTENT, signed, signer.public)
    first_line = signed.index(b"\n") + 1  # the untrusted comment may be changed by anyone, and means nothing
    for index in range(first_line, len(signed) - 1):
        for changed in {signed[index] ^ 1, signed[index] ^ 4}:
            forged = signed[:index] + bytes([changed]) + signed[index + 1 :]
            with pytest.raises(SignatureError):
                require_signed(CONTENT, forged, signer.public)


def test_a_half_written_signature_is_told_so() -> None:
    signer = Signer()
    signed = signer.signature(CONTENT)
    for length in range(len(signed) - 1):
        with pytest.raises(SignatureError):
            require_signed(CONTENT, signed[:length], signer.public)


def test_the_signature_of_another_key_names_the_setting() -> None:
    with pytest.raises(SignatureError, match=r"another key than model_channel\.public_key"):
        require_signed(CONTENT, Signer().signature(CONTENT), Signer().public)


@pytest.mark.parametrize("text", ["", "RW", "not base64 at all!", "A" * 56, "ä" * 56])
def test_what_is_no_key_says_where_one_stands(text: str) -> None:
    with pytest.raises(SignatureError, match=r"second line of minisign\.pub"):
        public_key(text)


def test_an_old_signature_says_what_to_do() -> None:
    lines = Signer().signature(CONTENT).splitlines()
    lines[1] = base64.b64encode(b"Ed" + base64.b64decode(lines[1])[2:])
    with pytest.raises(SignatureError, match=r"minisign 0\.10 or newer"):
        signature(b"\n".join(lines))
