"""A matrix as one HTML file that needs no network and runs no script, in the look of the gate's report."""

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from flowcontract.matrix import Matrix, words
from flowcontract.matrix.judging import Standing
from flowcontract.reports.text import one_line

TONES = {Standing.READS: "good", Standing.PARTLY: "warn", Standing.REFUSES: "bad", Standing.UNJUDGED: "quiet"}
_SEALS = ("kept", "broken", "unjudged")
_WORDS = ("Every client reads every server", "Some clients do not read some servers", "Not everything could be judged")


def render(found: Matrix) -> str:
    """The matrix as one HTML document."""
    style = "".join(
        resources.files(package).joinpath(f"templates/{name}.css").read_text(encoding="utf-8")
        for package, name in (("flowcontract.reports", "report"), ("flowcontract.matrix", "matrix"))
    )
    environment = Environment(
        loader=PackageLoader("flowcontract.matrix"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(line=one_line, reason=words.reason, predicted=words.predicted, reacted=words.reacted)
    told = [cell for cell in found.cells if cell.standing is not Standing.READS or cell.disagreements]
    return environment.get_template("matrix.html.j2").render(
        style=Markup(style),  # noqa: S704 - our own style sheets
        digest=base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii"),
        found=found,
        seal=_SEALS[found.exit_code],
        words=_WORDS[found.exit_code],
        headline=words.headline(found),
        figures=[
            (sum(cell.standing is standing for cell in found.cells), str(standing), TONES[standing])
            for standing in Standing
        ],
        wrong=sum(bool(cell.disagreements) for cell in found.cells),
        told=[(f"cell-{number}", cell) for number, cell in enumerate(told)],
        anchors={(cell.client, cell.server): f"cell-{number}" for number, cell in enumerate(told)},
        rows=list(words.rows(found)),
        legend=words.LEGEND,
        tones=TONES,
    )
