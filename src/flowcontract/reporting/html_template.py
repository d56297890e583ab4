"""What every HTML report of ours has in common: all text is escaped, and the one style sheet is what its policy allows.

The only text that is not escaped is our own style sheet; the page's content security policy allows the sheet of this
hash and nothing else, so that whatever slips through is neither run nor loaded.
"""

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from flowcontract.text import one_line, visible


def environment(*styles: str) -> Environment:
    """The templates in the folder `templates`, with these style sheets of the same folder (`report.css`).

    Templates have `style`, `digest` (SHA-256, base64), and the filters `line` and `text` for what came from outside.
    """
    folder = resources.files("flowcontract.reporting") / "templates"
    style = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in styles)
    made = Environment(
        loader=PackageLoader("flowcontract.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(line=one_line, text=visible, thousands="{:,}".format)
    made.globals.update(
        style=Markup(style),  # noqa: S704 - our own
        digest=base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii"),
    )
    return made
