"""TLS contexts of the MQTT client and of the page's server, from the files that the settings name."""

import codecs
import functools
import ssl
import threading
from importlib import import_module
from pathlib import Path
from typing import Final

from babycryd.system.plain_files import read_small

_LARGEST_BYTES: Final = 2_000_000  # a bundle of every authority takes 0.3 MB
_READABLE: Final = "it must be there, readable for babycryd's user, and PEM"
_A_PAIR: Final = "both must be there, readable for babycryd's user, PEM and a pair; the key must not be encrypted"

_loading: Final = threading.Lock()  # one `load_module` at a time


class TlsFileError(OSError):
    """A file of the settings cannot be used for TLS. The text names key, file and cause; `remedy` says what helps."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(text)
        self.remedy = remedy


def client_context(section: str, ca_file: Path | None, cert_file: Path | None, key_file: Path | None) -> ssl.SSLContext:
    """Return a context that checks the server's certificate and shows our own, if there is one.

    The authorities are those in `ca_file`, or the system's. `section` is that of the settings, such as `mqtt`, and
    named in errors. `~` is expanded. Raises TlsFileError.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file and _small(ca_file))
    except ssl.SSLError as error:
        raise _no_authority(section, ca_file, "there is no certificate in it") from error
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: `~user` of a user who does not exist
        raise _no_authority(section, ca_file, _cause(error)) from error
    if cert_file:
        _load_pair(context, section, cert_file, key_file)
    return context


@functools.cache
def public_context() -> ssl.SSLContext:
    """Return the context, made once, that trusts the system's authorities: 140 certificates, 2 MB."""
    return ssl.create_default_context()


def context_for(url: str, own: ssl.SSLContext | None) -> ssl.SSLContext | bool:
    """Return what aiohttp takes as `ssl` for a URL: the `own` context, or for https one of the system's authorities."""
    return own or (public_context() if url.lower().startswith("https:") else True)


def load_module(name: str) -> None:
    """Import a module; TLS contexts that it makes meanwhile trust no authority.

    aiohttp makes two when it is imported, also in a process that only answers: 2 MB, and a tenth of a second of CPU in
    which no other thread runs. Its clients need `context_for`.
    """
    own = threading.get_ident()
    with _loading:
        read = ssl.SSLContext.set_default_verify_paths

        def read_elsewhere(context: ssl.SSLContext) -> None:
            if threading.get_ident() != own:
                read(context)

        ssl.SSLContext.set_default_verify_paths = read_elsewhere  # type: ignore[assignment, method-assign]
        try:
            import_module(name)
        finally:
            ssl.SSLContext.set_default_verify_paths = read  # type: ignore[method-assign]


def server_context(section: str, cert_file: Path, key_file: Path | None) -> ssl.SSLContext:
    """Return a context for TLS 1.2 or newer with our certificate; errors as of `client_context`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_pair(context, section, cert_file, key_file)
    return context


def _load_pair(context: ssl.SSLContext, section: str, cert_file: Path, key_file: Path | None) -> None:
    try:
        context.load_cert_chain(_small(cert_file), key_file and _small(key_file), password=_no_password)
    except (OSError, RuntimeError, ValueError) as error:  # ssl.SSLError is an OSError
        text = f"cannot use {section}.cert_file {cert_file} with {section}.key_file {key_file} ({_cause(error)})"
        raise TlsFileError(text, _A_PAIR) from error


def _small(file: Path) -> Path:
    """Return the path of a file that OpenSSL can read at once. Raises OSError, RuntimeError, ValueError."""
    path = file.expanduser()
    if read_small(path, _LARGEST_BYTES, follow=True).startswith(codecs.BOM_UTF8):
        raise OSError(f"{file} begins with an invisible byte-order mark (U+FEFF); save it as UTF-8 without BOM")
    return path


def _no_password() -> str:
    """Raise an error, where OpenSSL would ask at the terminal and wait: a daemon has none."""
    raise OSError("the key is encrypted; write it without a password")


def _no_authority(section: str, ca_file: Path | None, cause: str) -> TlsFileError:
    return TlsFileError(f"cannot read {section}.ca_file {ca_file} ({cause})", _READABLE)


def _cause(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
