"""RTSP server of GStreamer, run by Debian's own Python, which has its bindings.

    /usr/bin/python3 rtsp_program.py JSON

The JSON object has `port`, `mounts` (a launch line by path, whose payloads are pay0, pay1, ...), `username` (empty: no
login), `password` and `digest` (true: not Basic), and `certificate`
(folder of server.pem and server.key; empty: no TLS). The program prints its port.
"""

import json
import sys

import gi  # type: ignore[import-not-found]  # of Debian's Python

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # type: ignore[import-not-found]  # noqa: E402  # as above

ROLE = "viewer"


def main() -> None:
    wanted = json.loads(sys.argv[1])
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(wanted["port"]))
    for path, launch in wanted["mounts"].items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {launch} )")
        factory.set_shared(True)
        allowed = GstRtspServer.RTSPPermissions()
        for right in ("media.factory.access", "media.factory.construct"):
            allowed.add_permission_for_role(ROLE, right, True)
        if wanted["username"]:
            factory.set_permissions(allowed)
        server.get_mount_points().add_factory(path, factory)
    if wanted["username"]:
        server.set_auth(logins(wanted))
    server.attach(None)
    print(server.get_bound_port(), flush=True)  # noqa: T201
    GLib.MainLoop().run()


def logins(wanted: dict[str, str]) -> object:
    auth, token = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken()
    if folder := wanted["certificate"]:
        pair = (f"{folder}/server.pem", f"{folder}/server.key")
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_files(*pair))
    token.set_string("media.factory.role", ROLE)
    name, password = wanted["username"], wanted["password"]
    if wanted["digest"]:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(name, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(name, password), token)
    return auth


if __name__ == "__main__":
    main()
