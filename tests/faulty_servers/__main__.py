"""`python -m tests.faulty_servers`: the gate against every server of the catalogue."""

import sys

from .kill import main

if __name__ == "__main__":  # Worker processes import this module, too.
    sys.exit(main())
