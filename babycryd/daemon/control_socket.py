"""Component that answers the commands of this computer's command line."""

from babycryd.config import Settings
from babycryd.core.supervision import Work
from babycryd.daemon.page import page_context
from babycryd.daemon.vital_parts import Core


def build_control_socket(settings: Settings, core: Core) -> Work:
    """Build the control socket; the command line finds it by the state folder."""
    from babycryd.control.control_socket import ControlSocket

    return Work(ControlSocket(core.folder, page_context(settings, core)).run)
