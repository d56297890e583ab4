"""A matrix as one HTML file that needs no network and runs no script, in the look of the gate's report."""

from flowcontract.compatibility.matrix import Matrix
from flowcontract.compatibility.outcomes import Compatibility
from flowcontract.reporting import client_matrix_labels, html_template

TONES = {
    Compatibility.READS: "good",
    Compatibility.PARTLY: "warn",
    Compatibility.REFUSES: "bad",
    Compatibility.UNJUDGED: "quiet",
}
_SEALS = ("passed", "failed", "inconclusive")
_WORDS = ("Every client reads every server", "Some clients do not read some servers", "Not everything could be judged")


def render(found: Matrix) -> str:
    """The matrix as one HTML document."""
    environment = html_template.environment("report.css", "matrix.css")
    environment.filters.update(
        reason=client_matrix_labels.reason,
        predicted=client_matrix_labels.predicted,
        reacted=client_matrix_labels.reacted,
    )
    told = [cell for cell in found.cells if cell.compatibility is not Compatibility.READS or cell.disagreements]
    return environment.get_template("matrix.html.j2").render(
        found=found,
        seal=_SEALS[found.exit_code],
        words=_WORDS[found.exit_code],
        headline=client_matrix_labels.headline(found),
        figures=[
            (sum(cell.compatibility is compatibility for cell in found.cells), str(compatibility), TONES[compatibility])
            for compatibility in Compatibility
        ],
        wrong=sum(bool(cell.disagreements) for cell in found.cells),
        told=[(f"cell-{number}", cell) for number, cell in enumerate(told)],
        anchors={(cell.client, cell.server): f"cell-{number}" for number, cell in enumerate(told)},
        rows=list(client_matrix_labels.rows(found)),
        legend=client_matrix_labels.LEGEND,
        tones=TONES,
    )
