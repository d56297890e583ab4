"""`python -m flowcontract`: the same as the command `flowcontract`."""

import sys

from flowcontract.cli.main import main

sys.exit(main())
