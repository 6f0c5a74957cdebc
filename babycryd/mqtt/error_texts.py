"""Error texts of the connection to the broker: the cause and the remedy, for the owner."""

import socket
import ssl

from babycryd.core.printable import printable
from babycryd.mqtt.preflight import CERTIFICATE_ALERTS
from babycryd.mqtt.settings import MqttSettings
from babycryd.system.tls import TlsFileError

# Reason codes of CONNACK, MQTT 5.0 section 3.2.2.2
TOO_NEW = (0x81, 0x82, 0x84)  # malformed packet, protocol error, unsupported protocol version
LOGIN_REFUSED = (0x86, 0x87)  # bad user name or password; not authorised
TAKEN_OVER = 0x8E  # of DISCONNECT, section 3.14.2.1: another client signed in under our id
OUT_OF_DATE = (9, 10)  # not yet valid, expired: X509_V_ERR_CERT_… of OpenSSL's x509_vfy.h


# What a broker without MQTT 5 lacks, for the owner
OLDER_LACKS = "there no message expires, no refusal is told, and a command sent while we are away is lost"


def remedy(error: BaseException, mqtt: MqttSettings) -> str:
    """Return one sentence about a failed or lost connection, with the configuration key to check."""
    where = f"{mqtt.host}:{mqtt.port}"
    match error:
        case TlsFileError():
            return f"{error}: {error.remedy}"
        case ssl.SSLCertVerificationError():
            return f"the certificate of {where} is not trusted ({error.verify_message}): {_untrusted(error)}"
        case ssl.SSLError():
            return _no_tls(error, where, mqtt)
        case ConnectionResetError() if mqtt.tls:
            return f"no TLS with {where} (connection reset): is this the broker's TLS port (often 8883)?"
        case ConnectionRefusedError():
            return f"nothing answers at {where} (connection refused): is the broker running, is mqtt.port right?"
        case socket.gaierror() | UnicodeError():
            return f"the name '{mqtt.host}' is unknown: check mqtt.host, or use the broker's IP address"
        case TimeoutError():
            return f"{where} did not answer within {mqtt.timeout_s:g} s: is the broker running, does it need mqtt.tls?"
        case _:
            return f"the connection to {where} broke ({error or type(error).__name__})"


def _untrusted(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in OUT_OF_DATE:
        return "is this computer's clock right, must the broker's certificate be renewed?"
    return "check mqtt.ca_file, and mqtt.host is in it"


def _no_tls(error: ssl.SSLError, where: str, mqtt: MqttSettings) -> str:
    if error.reason not in CERTIFICATE_ALERTS:
        return f"no TLS with {where} ({error.reason}): is this the broker's TLS port (often 8883)?"
    if not mqtt.cert_file:
        return f"{where} demands a client certificate: set mqtt.cert_file and mqtt.key_file"
    return f"{where} does not accept our certificate {mqtt.cert_file} ({_plain(error.reason)}): is it from its own CA?"


def _plain(reason: str) -> str:
    """Return the words of an alert: `TLSV1_ALERT_UNKNOWN_CA` -> `unknown ca`."""
    return reason.partition("_ALERT_")[2].replace("_", " ").lower()


def loss(mqtt: MqttSettings, reason: str = "the broker stopped, or the network broke") -> str:
    """Return one sentence about a lost connection. `reason`: the broker's own, where it gave one."""
    return f"the connection to {mqtt.host}:{mqtt.port} was lost ({reason})"


def no_welcome(how: str, mqtt: MqttSettings) -> str:
    """Return one sentence about a connection that ended before the login was answered. `how`: `it hung up`."""
    return f"{mqtt.host}:{mqtt.port} did not answer the login, {how}: is mqtt.port right, does it need mqtt.tls?"


def too_long(topic: str, length: int) -> str:
    """Return one sentence about a packet that was not read. `length`: bytes."""
    where = f"on {printable(topic)}" if topic else "from the broker"
    clear = "find its sender, and clear it if it is retained"
    return f"a message of {length / 1e6:.1f} MB {where} was not read, and the connection was closed: {clear}"


def taken_over(identifier: str, mqtt: MqttSettings, *, certain: bool) -> str:
    """Return one sentence about another client with our id. `certain`: the broker says so, else it is a guess."""
    where = f"{mqtt.host}:{mqtt.port}"
    told = f"another client signs in at {where} as '{identifier}'"
    remedy = "give each babycryd its own device.id"
    if certain:
        return f"{told}: {remedy}"
    hung_up = "the broker hung up three times right after the login"
    return f"{told}, it seems, for {hung_up}: {remedy}, and {rights(mqtt)}"


def refusal(reason_code: int, reason: str, mqtt: MqttSettings) -> str:
    """Return one sentence about a connection that the broker refused with a reason code."""
    where = f"{mqtt.host}:{mqtt.port}"
    if reason_code in LOGIN_REFUSED:
        return f"{where} refused {_user(mqtt)} ({reason}): check mqtt.username and the password in mqtt.password_file"
    return f"{where} refused the connection ({reason})"


def read_only(base: str, mqtt: MqttSettings) -> str:
    """Return one sentence about a broker that confirms what we publish and does not deliver it."""
    remedy = f"its access list must let {_user(mqtt)} write and read below {base}/"
    return f"the broker lets us read only: what we publish does not come back; {remedy}"


def rights(mqtt: MqttSettings) -> str:
    """Return the remedy where a topic is refused."""
    return f"give {_user(mqtt)} the right to write there"


def dropped(topic: str, length: int, mqtt: MqttSettings) -> str:
    """Return one sentence about a message of `length` bytes at which the broker hung up again and again."""
    limit = "it is dropped; raise the broker's limit (mosquitto: max_packet_size)"
    return f"{mqtt.host}:{mqtt.port} hung up whenever {topic} was sent ({length} bytes): {limit}"


def _user(mqtt: MqttSettings) -> str:
    return f"user '{mqtt.username}'" if mqtt.username else "a client without a user name"
