"""Sequences with resources that refer to each other, on a server of owners, their pets and bills with lines."""

import copy
import json
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.faulty_servers.crud.messages import Request, Response

from flowcontract.engine.phases.sequences import Scenario, changing, related, removing
from flowcontract.openapi.contract import Contract

from .test_sequences import fleet, found, operation

Json = dict[str, Any]
NUMBER: Json = {"type": "integer", "minimum": 1}
TEXT: Json = {"type": "string", "minLength": 1}
SEX: Json = {"type": "string", "enum": ["kitten", "cat"]}


def _object(**members: Json) -> Json:
    return {"type": "object", "required": list(members), "properties": members}


SCHEMAS = {
    "Owner": _object(name=TEXT),
    "Pet": _object(name=TEXT, owner_id=NUMBER, age=SEX),
    "Bill": _object(note=TEXT),
    "Line": _object(cents=NUMBER),
}


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _read(name: str, schema: Json) -> Json:
    made = operation(name, "200")
    made["responses"]["200"]["content"]["application/json"]["schema"] = schema
    return made


def document(deletion: str = "The pets of an owner are deleted, too.") -> Json:
    """Owners with pets, a list of pets below each owner, and bills with lines."""
    paths: Json = {}
    for path, name in (("/owners", "Owner"), ("/pets", "Pet"), ("/bills", "Bill"), ("/bills/{bill}/lines", "Line")):
        key, low = ("line" if name == "Line" else "bill" if name == "Bill" else "id"), name.lower()
        keys = [{"name": each, "in": "path", "required": True, "schema": NUMBER} for each in ("bill", key)]
        paths[path] = {"post": operation(f"add-{low}", "201", _reference(name))}
        paths[f"{path}/{{{key}}}"] = {
            "get": _read(low, _reference(name)),
            "delete": operation(f"drop-{low}", "204"),
            "parameters": keys if name == "Line" else keys[1:],
        }
        if name == "Line":
            paths[path]["parameters"] = keys[:1]
    paths["/owners/{id}"]["delete"]["description"] = deletion
    paths["/owners/{id}/pets"] = {
        "parameters": paths["/owners/{id}"]["parameters"],
        "get": _read("pets-of-owner", {"type": "array", "items": _reference("Pet")}),
    }
    for method, body in (("patch", {**SCHEMAS["Pet"], "required": []}), ("put", _reference("Pet"))):
        change = operation(f"{method}-pet", "200", body)
        change["responses"]["409"] = {"description": "A cat stays a cat."}
        paths["/pets/{id}"][method] = change
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pets", "version": "1"},
        "servers": [{"url": "/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": copy.deepcopy(SCHEMAS),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


class Pets:
    """The server; each name in `faults` is one thing that it does wrong."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        self.stored: dict[str, Json] = {}
        self.cached: dict[str, list[Json]] = {}

    def __call__(self, request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        path = request.path
        above = path.rpartition("/")[0]
        if path.endswith("/pets") and request.method == "GET":
            return self._list(path, above) if above in self.stored else Response(404, {})
        if request.method == "POST":
            if above.count("/") > 1 and above not in self.stored:
                return Response(404, {})
            path = f"{path}/{len(self.stored) + 1}"
            self.stored[path] = {"id": len(self.stored) + 1, **json.loads(request.body)}
            return Response(201, self._shown(path))
        if path not in self.stored or self.stored[path] is None:
            return Response(404, {})
        return getattr(self, f"_{request.method.lower()}")(path, request)

    def _list(self, path: str, owner: str) -> Response:
        pets = [copy.deepcopy(self.stored[each]) for each in self.stored if re.fullmatch(r"/v1/pets/\d+", each)]
        mine = [pet for pet in pets if pet is not None and f"/v1/owners/{pet['owner_id']}" == owner]
        if "cache" in self.faults:
            mine = self.cached.setdefault(path, mine)
        return Response(200, mine)

    def _shown(self, path: str) -> Json:
        lines = [each for at, each in self.stored.items() if each is not None and at.startswith(f"{path}/lines/")]
        total = sum(line["cents"] for line in lines)
        if "total" in self.faults and re.fullmatch(r"/v1/bills/\d+", path):
            total = self.stored[path]["highest"] = max(self.stored[path].get("highest", 0), total)
        return {**self.stored[path], "total": total}

    def _get(self, path: str, _request: Request) -> Response:
        return Response(200, self._shown(path))

    def _delete(self, path: str, _request: Request) -> Response:
        key = self.stored.pop(path)["id"]
        self.stored[f"gone {key}"] = {"id": 0, "owner_id": 0}
        for each in [each for each in self.stored if re.fullmatch(r"/v1/pets/\d+", each)]:
            if "orphans" not in self.faults and path == f"/v1/owners/{self.stored[each]['owner_id']}":
                self.stored[f"gone {each}"] = self.stored.pop(each)
        return Response(204)

    def _patch(self, path: str, request: Request) -> Response:
        change = json.loads(request.body)
        may_be_younger = "put" in self.faults and request.method == "PUT"
        if self.stored[path].get("age") == "cat" and change.get("age") == "kitten" and not may_be_younger:
            return Response(409, {})
        self.stored[path] |= change
        return Response(200, self.stored[path])

    _put = _patch


@pytest.mark.parametrize(
    ("scenario", "fault", "rule"),
    [
        (related.lists_of_others, "cache", "created-resource-not-listed"),
        (related.deleted_along, "orphans", "use-after-delete"),
        (related.totals, "total", "wrong-total"),
        (changing.transitions, "put", "invalid-input-accepted"),
    ],
)
def test_what_refers_to_another_resource_follows_it(scenario: Scenario, fault: str, rule: str) -> None:
    assert list(found(Pets(), Contract(document()), [scenario])) == []
    assert list(found(Pets(fault), Contract(document()), [scenario])) == [rule]


def test_what_a_description_keeps_must_not_be_deleted() -> None:
    contract = Contract(document("The pets of an owner stay."))

    assert list(found(Pets("orphans"), contract, [related.deleted_along])) == []
    assert list(found(Pets(), contract, [related.deleted_along])) == ["delete-removes-another-resource"]
    assert list(found(Pets(), Contract(document("")), [related.deleted_along])) == []


@pytest.mark.parametrize(
    ("text", "prevents"),
    [
        ("409 as long as the owner has pets or bills, in whatever state. Letters are deleted, too.", True),
        ("An owner who has bills, letters and pets, whatever they are, cannot be deleted.", True),
        ("Rejected with 409 while there are any pets.", True),
        ("An owner with pets, whatever their age, cannot be deleted (409).", True),
        ("An owner with sick pets cannot be deleted (409).", False),
        ("409 while the owner has sick pets.", False),
        ("409 while the owner has unpaid bills and pets.", False),
        ("409 when the owner has pets that are sick.", False),
        ("409 while the owner has pets, unless they are cats.", False),
        ("This cannot be undone, and pets go along.", False),
        ("409 when somebody else is logged in. The owner has pets.", False),
        ("", False),
    ],
)
def test_what_a_description_says_prevents_a_deletion(text: str, *, prevents: bool) -> None:
    rules = list(found(Pets("orphans"), Contract(document(text)), [related.deleted_along]))

    assert rules == (["referenced-resource-deleted"] if prevents else [])


class Tagged(Pets):
    """Bills whose ETag counts the changes of their lines; `deletion`: without deletions, `clock`: it never changes."""

    def __init__(self, fault: str, mark: str = "") -> None:
        super().__init__()
        self.fault, self.mark = fault, mark
        self.changes = self.visits = 0

    def __call__(self, request: Request) -> Response:
        response = super().__call__(request)
        if "/lines" in request.path and request.method in ("POST", "DELETE") and self.fault != "clock":
            self.changes += self.fault != "deletion" or request.method == "POST"
        if request.method == "GET" and response.status == 200 and "/lines" not in request.path:
            self.visits += 1
            seen = {"visits": self.visits, "read_at": f"2030-01-01T00:00:{self.visits:02}Z", "ttl": self.visits}
            # Times, and what each read changes, say nothing of a change.
            is_one = isinstance(response.json, dict) and self.fault == "clock"
            shown = {"id": response.json["id"], **seen} if is_one else response.json
            return Response(200, shown, {"ETag": f'{self.mark}"{self.changes}"'})
        return response


@pytest.mark.parametrize(
    ("fault", "mark", "rules"),
    [("", "", []), ("deletion", "", ["etag-unchanged"]), ("deletion", "W/", []), ("clock", "", [])],
)
def test_what_a_change_of_a_part_changes_has_another_etag(fault: str, mark: str, rules: list[str]) -> None:
    shown = list(found(Tagged(fault, mark), Contract(document()), [related.totals]))

    assert [rule for rule in shown if rule != "schema-violation"] == rules


class Crashes(Pets):
    """The deletion of an owner with pets fails, or is a conflict."""

    def _delete(self, path: str, request: Request) -> Response:
        pets = [each for at, each in self.stored.items() if re.fullmatch(r"/v1/pets/\d+", at)]
        has_pets = any(path == f"/v1/owners/{each['owner_id']}" for each in pets)
        return Response(409 if "conflict" in self.faults else 500, {}) if has_pets else super()._delete(path, request)


@pytest.mark.parametrize("text", ["", "An owner with pets cannot be deleted (409)."])
def test_the_deletion_of_what_a_new_resource_refers_to_does_not_fail(text: str) -> None:
    assert list(found(Crashes(), Contract(document(text)), [related.deleted_along])) == ["server-error"]
    assert list(found(Crashes("conflict"), Contract(document(text)), [related.deleted_along])) == []


class Keeper(Pets):
    """Owners with pets stay, except those with cats; a kitten becomes a cat."""

    def __call__(self, request: Request) -> Response:
        path = request.path.removesuffix("/grow")
        if path != request.path and path in self.stored:
            self.stored[path]["age"] = "cat"
            return Response(200, self.stored[path])
        return super().__call__(request)

    def _delete(self, path: str, request: Request) -> Response:
        pets = [each for at, each in self.stored.items() if re.fullmatch(r"/v1/pets/\d+", at)]
        ages = {each["age"] for each in pets if path == f"/v1/owners/{each['owner_id']}"}
        return Response(409, {}) if ages - set(self.faults) else super()._delete(path, request)


@pytest.mark.parametrize("faults", [(), ("cat", "orphans")])
def test_each_state_prevents_a_deletion(faults: tuple[str, ...]) -> None:
    described = document("409 while the owner has pets.")
    described["paths"]["/owners/{id}"]["delete"]["responses"]["409"] = {"description": "It has pets."}
    described["components"]["schemas"]["Pet"]["properties"]["age"]["enum"] = ["kitten"]
    item = described["paths"]["/pets/{id}"]
    grow = {"parameters": item["parameters"], "post": operation("grow", "200", _reference("Owner"))}
    del grow["post"]["requestBody"]
    described["paths"]["/pets/{id}/grow"] = grow

    rules = list(found(Keeper(*faults), Contract(described), [related.deleted_along]))

    assert [rule for rule in rules if rule != "schema-violation"] == (["referenced-resource-deleted"] if faults else [])


class Loans:
    """One loan at a time, due within sixty days. `deletes`: whether DELETE does what it says."""

    def __init__(self, *, deletes: bool) -> None:
        self.deletes = deletes
        self.loans: list[Json] = []
        self.returned: set[int] = set()

    def __call__(self, request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.method == "POST":
            loan = {"id": len(self.loans) + 1, **json.loads(request.body)}
            days = (date.fromisoformat(loan["due_on"]) - datetime.now(UTC).date()).days
            if not 1 <= days <= 60:
                return Response(400, {"due_on": ["Not within 60 days."]})
            if len(self.returned) < len(self.loans):
                return Response(409, {})
            self.loans.append(loan)
            return Response(201, loan)
        number = int(request.path.rpartition("/")[2])
        if not 0 < number <= len(self.loans) or (number in self.returned and self.deletes):
            return Response(404, {})
        if request.method == "DELETE":
            self.returned.add(number)
            return Response(204)
        return Response(200, self.loans[number - 1])


@pytest.mark.parametrize(("deletes", "rules"), [(True, []), (False, ["use-after-delete"])])
def test_what_is_due_soon_and_exists_once_is_created_and_deleted(*, deletes: bool, rules: list[str]) -> None:
    document = copy.deepcopy(dict(fleet(("loan", {"due_on": {"type": "string", "format": "date"}})).document))
    rejected = {"400": {"description": "No."}, "409": {"description": "There is one."}}
    document["paths"]["/loans"]["post"]["responses"] |= rejected

    assert list(found(Loans(deletes=deletes), Contract(document), [removing.delete])) == rules
