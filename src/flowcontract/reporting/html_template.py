"""The environment of all HTML templates: text is escaped, and the content security policy allows one style sheet.

Only our own style sheets are not escaped; the policy allows the style sheet with this hash and nothing else, so that
markup that slips through is neither executed nor loaded.
"""

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from flowcontract.text import one_line, visible


def environment(*styles: str) -> Environment:
    """The templates of the folder `templates` with the given style sheets of the same folder (`report.css`).

    Templates can use `style`, `digest` (SHA-256, base64), and the filters `line` and `text` for text from outside.
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
