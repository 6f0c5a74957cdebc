"""`python -m babycryd`."""

import sys

from babycryd.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
