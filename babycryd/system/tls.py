"""TLS contexts of the MQTT client and of the page's server, from the files that the settings name."""

import codecs
import ssl
from pathlib import Path
from typing import Final

from babycryd.system.plain_files import read_small

_LARGEST_BYTES: Final = 2_000_000  # a bundle of every authority takes 0.3 MB
_READABLE: Final = "it must be there, readable for babycryd's user, and PEM"
_A_PAIR: Final = "both must be there, readable for babycryd's user, PEM and a pair; the key must not be encrypted"


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
