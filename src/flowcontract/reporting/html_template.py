"""The environment of all HTML templates: text is escaped, and the content security policy allows what has our hashes.

Only our own style sheet and script are not escaped; the policy allows those with these hashes and nothing else, so that
markup that slips through is neither executed nor loaded.
"""

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from flowcontract.text import one_line, visible


def environment(*styles: str, script: str = "") -> Environment:
    """The templates of the folder `templates` with the given style sheets of the same folder (`report.css`).

    Templates can use `style`, `script` and their hashes `digest` and `script_digest` (SHA-256, base64), and the filters
    `line` and `text` for text from outside.
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
    code = folder.joinpath(script).read_text(encoding="utf-8") if script else ""
    made.globals.update(
        style=Markup(style),  # noqa: S704 - our own
        digest=_digest(style),
        script=Markup(code),  # noqa: S704 - our own
        script_digest=_digest(code),
    )
    return made


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
