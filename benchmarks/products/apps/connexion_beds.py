"""A Connexion application in the usual style: the document first, a function for each operation, an API key."""

from pathlib import Path

import connexion
from connexion.exceptions import OAuthProblem

_KEYS = {"gardener-5fK2": "gardener"}
_beds = {
    number: {"id": number, "plant": plant, "row": number % 4 + 1}
    for number, plant in enumerate(("leek", "beet", "kale"), 1)
}
_last = [len(_beds)]


def check_key(token, required_scopes=None):
    if token not in _KEYS:
        raise OAuthProblem("Unknown key")
    return {"sub": _KEYS[token]}


def _problem(status, title):
    return connexion.problem(status=status, title=title, detail=title)


def _json(value, status=200, **headers):
    # The document has two media types, so the response names its own.
    return value, status, {"Content-Type": "application/json", **headers}


def list_beds(limit=20, after=0):
    chosen = [bed for number, bed in _beds.items() if number > after]
    return _json({"items": chosen[:limit], "next": chosen[limit - 1]["id"] if len(chosen) > limit else None})


def create_bed(body):
    _last[0] += 1
    _beds[_last[0]] = {"row": 1, **body, "id": _last[0]}
    return _json(_beds[_last[0]], 201, Location=f"/garden/beds/{_last[0]}")


def get_bed(bed_id):
    return _json(_beds[bed_id]) if bed_id in _beds else _problem(404, "No such bed")


def replace_bed(bed_id, body):
    if bed_id not in _beds:
        return _problem(404, "No such bed")
    _beds[bed_id] = {"row": 1, **body, "id": bed_id}
    return _json(_beds[bed_id])


def delete_bed(bed_id):
    if _beds.pop(bed_id, None) is None:
        return _problem(404, "No such bed")
    return connexion.NoContent, 204


app = connexion.AsyncApp(__name__, specification_dir=str(Path(__file__).parent))
app.add_api("connexion_beds.yaml", validate_responses=True, strict_validation=True)
