"""Client and server read the same kinds of files, below a home folder as well, and name what is wrong with them."""

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from babycryd.system.tls import TlsFileError, client_context, load_module, server_context
from tests.support.broker import make_certificates
from tests.support.patience import HANG_S


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With ca.pem, and server and client certificates signed by it."""
    folder = tmp_path_factory.mktemp("home")
    make_certificates(folder)
    return folder


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))


def client(
    ca_file: str = "~/ca.pem", cert_file: str = "~/client.pem", key_file: str = "~/client.key"
) -> ssl.SSLContext:
    return client_context("mqtt", Path(ca_file), Path(cert_file), Path(key_file))


def server(cert_file: str = "~/server.pem", key_file: str = "~/server.key") -> ssl.SSLContext:
    return server_context("web", Path(cert_file), Path(key_file))


def test_both_find_their_files_below_the_home_folder_and_shake_hands() -> None:
    ours, theirs = socket.socketpair()
    context = server()
    answering = threading.Thread(target=lambda: context.wrap_socket(theirs, server_side=True).close())
    answering.start()
    with client().wrap_socket(ours, server_hostname="localhost") as secret:
        assert secret.version() in {"TLSv1.2", "TLSv1.3"}
    answering.join()


def test_without_files_the_systems_authorities_are_trusted() -> None:
    context = client_context("mqtt", None, None, None)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize(
    ("ca_file", "cause"),
    [
        ("~/gone.pem", "No such file or directory"),
        ("~/note.txt", "there is no certificate in it"),
        ("~nobody-of-that-name/ca.pem", "home directory"),
    ],
)
def test_an_authority_that_cannot_be_read_is_named_with_its_key_and_remedy(
    home: Path, ca_file: str, cause: str
) -> None:
    (home / "note.txt").write_text("no certificate")
    with pytest.raises(TlsFileError) as found:
        client(ca_file)
    assert f"mqtt.ca_file {ca_file}" in str(found.value)
    assert cause in str(found.value)
    assert "readable for babycryd's user" in found.value.remedy


@pytest.mark.parametrize(("make", "section"), [(client, "mqtt"), (server, "web")])
@pytest.mark.parametrize(
    ("cert_file", "key_file", "cause"),
    [
        ("~/gone.pem", "~/server.key", "No such file or directory"),
        ("~/server.pem", "~/gone.key", "No such file or directory"),
        ("~/server.pem", "~/client.key", "mismatch"),
        ("~/server.pem", "~/sealed.key", "the key is encrypted"),
        ("~nobody-of-that-name/server.pem", "~/server.key", "home directory"),
    ],
)
def test_a_pair_that_cannot_be_used_is_named_with_its_keys_and_remedy(
    home: Path, make: Callable[..., ssl.SSLContext], section: str, cert_file: str, key_file: str, cause: str
) -> None:
    sealing = (
        "openssl",
        "pkey",
        "-in",
        home / "server.key",
        "-aes256",
        "-passout",
        "pass:x",
        "-out",
        home / "sealed.key",
    )
    subprocess.run(sealing, check=True)
    with pytest.raises(TlsFileError) as found:
        make(cert_file=cert_file, key_file=key_file)
    assert f"{section}.cert_file {cert_file} with {section}.key_file {key_file}" in str(found.value)
    assert cause in str(found.value).lower() or cause in str(found.value)
    assert "must not be encrypted" in found.value.remedy


LOADED_LIGHT = """
import asyncio, http.server, ssl, sys, threading
from pathlib import Path
from babycryd.notify.sender import Request, post
from babycryd.system.tls import load_module, server_context

load_module("aiohttp")
from aiohttp import connector
print(len(connector._SSL_CONTEXT_VERIFIED.get_ca_certs()), len(ssl.create_default_context().get_ca_certs()))

server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
folder = Path(sys.argv[1])
server.socket = server_context("web", folder / "server.pem", folder / "server.key").wrap_socket(server.socket, True)
threading.Thread(target=server.serve_forever, daemon=True).start()
request = Request(f"https://localhost:{server.server_port}/", fields={})
print(asyncio.run(post(request, None, lambda _: True)).status)
"""


@pytest.mark.parametrize(("trusted", "status"), [("ca.pem", "501"), ("client.pem", "0")])
def test_a_client_trusts_the_systems_authorities_although_aiohttp_was_loaded_without(
    home: Path, trusted: str, status: str
) -> None:
    env = os.environ | {"SSL_CERT_FILE": str(home / trusted), "SSL_CERT_DIR": str(home / "none")}
    command = [sys.executable, "-c", LOADED_LIGHT, str(home)]
    found = subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, check=True, timeout=HANG_S)
    by_import, afterwards, answered = found.stdout.split()
    assert by_import == "0"
    assert (int(afterwards) > 0, answered) == (trusted == "ca.pem", status)


def test_another_thread_reads_the_authorities_while_a_module_is_loaded(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(home / "ca.pem"))
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "makes_contexts.py").write_text(
        "import ssl, threading\n"
        "counts = [len(ssl.create_default_context().get_ca_certs())]\n"
        "def other(): counts.append(len(ssl.create_default_context().get_ca_certs()))\n"
        "thread = threading.Thread(target=other)\nthread.start()\nthread.join()\n"
    )
    load_module("makes_contexts")
    assert sys.modules["makes_contexts"].counts == [0, 1]
    assert len(ssl.create_default_context().get_ca_certs()) == 1
