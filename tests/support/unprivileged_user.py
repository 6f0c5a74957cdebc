"""A user without root's right to read and write everything, also where the tests are root's."""

import os
from typing import Final

_RIGHTS: Final = "-dac_override,-dac_read_search"
UNPRIVILEGED: Final = ["setpriv", f"--bounding-set={_RIGHTS}", f"--inh-caps={_RIGHTS}"] if os.geteuid() == 0 else []
