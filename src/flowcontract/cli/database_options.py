"""Where fuzz campaigns are kept: `--store FILE`."""

import argparse
from pathlib import Path


def add_store(parser: argparse.ArgumentParser) -> None:
    """Declare `--store`."""
    parser.add_argument(
        "--store",
        type=Path,
        default=Path("campaign.db"),
        metavar="FILE",
        help="the campaign store (default: %(default)s)",
    )
