"""A client matrix as one HTML file without scripts and network access, in the style of the gate's report."""

from flowcontract.compatibility.matrix import Matrix
from flowcontract.compatibility.outcomes import Compatibility
from flowcontract.reporting import client_matrix_labels, html_template

TONES = {
    Compatibility.COMPATIBLE: "good",
    Compatibility.PARTIAL: "warn",
    Compatibility.INCOMPATIBLE: "bad",
    Compatibility.INCONCLUSIVE: "quiet",
}
_STATUSES = ("passed", "failed", "inconclusive")
_TITLES = (
    "Every client works with every server",
    "Some clients do not work with some servers",
    "Some clients could not be tested",
)


def render(found: Matrix) -> str:
    """The matrix as one HTML document."""
    environment = html_template.environment("report.css", "matrix.css")
    environment.filters.update(
        reason=client_matrix_labels.reason,
        predicted=client_matrix_labels.predicted,
        reacted=client_matrix_labels.reacted,
        untested=client_matrix_labels.untested,
    )
    detailed = [
        cell for cell in found.cells if cell.compatibility is not Compatibility.COMPATIBLE or cell.disagreements
    ]
    return environment.get_template("matrix.html.j2").render(
        found=found,
        status=_STATUSES[found.exit_code],
        title=_TITLES[found.exit_code],
        headline=client_matrix_labels.headline(found),
        figures=[
            (sum(cell.compatibility is compatibility for cell in found.cells), str(compatibility), TONES[compatibility])
            for compatibility in Compatibility
        ],
        wrong=sum(bool(cell.disagreements) for cell in found.cells),
        details=[(f"cell-{number}", cell) for number, cell in enumerate(detailed)],
        anchors={(cell.client, cell.server): f"cell-{number}" for number, cell in enumerate(detailed)},
        rows=list(client_matrix_labels.rows(found)),
        legend=client_matrix_labels.LEGEND,
        tones=TONES,
    )
