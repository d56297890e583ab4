"""Rules about responses: statuses, media types, headers and bodies. A range or `default` is the statuses within it."""

from collections.abc import Iterator

from flowcontract.compatibility.diff.bodies import by_type, matching, overlapping
from flowcontract.compatibility.diff.pairs import Difference, Pair, Place, node, raw
from flowcontract.compatibility.diff.parameters import read_as_text, written_differently
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import EXTENSION, DocumentedResponse, Operation

_SCHEMA = "#/components/schemas/"


def responses(pair: Pair, client: Operation, server: Operation) -> Iterator[Difference]:
    """The responses of an operation."""
    for status in dict.fromkeys((*client.responses, *server.responses)):
        known, sent = _covering(client, status), _covering(server, status)
        place = Place(
            pair,
            client,
            f"response {status}",
            known.pointer if known else client.pointer,
            sent.pointer if sent else server.pointer,
            is_error=_is_error(status, client, server),
        )
        if known and sent:
            yield from _response(pair, (client, server), place, known, sent)
        elif known and not _has_part(client, known, status, server):
            yield from _removed(pair, place, status, client, server)
        elif sent and pair.upgraded and not any(_falls_under(other, status) for other in client.responses):
            rule = "response-success-added" if status[:1] in "23" else "response-status-added"
            yield place.found(rule, "is new")
        elif sent and pair.upgraded and status[:1] in "23":
            yield place.found("response-status-added", "other statuses of this range are new")


def _covering(operation: Operation, status: str) -> DocumentedResponse | None:
    """The response that is documented for a status or a range of them."""
    keys = (status, f"{status[:1]}XX", *(() if _is_other_success(operation, status) else ("default",)))
    for key in keys:
        found = operation.responses.get(key) or operation.responses.get(key.lower())
        if found:
            return found
    return None


def _is_other_success(operation: Operation, status: str) -> bool:
    """Whether a status is a success beside those that are documented: then `default` is for errors."""
    return status[:1] == "2" and any(other[:1] == "2" for other in operation.responses)


def _has_part(client: Operation, known: DocumentedResponse, status: str, server: Operation) -> bool:
    """Whether the server documents a status within a range or `default` that means this one to the client."""
    return any(_falls_under(other, status) and _covering(client, other) is known for other in server.responses)


def _falls_under(status: str, wider: str) -> bool:
    """Whether a status is within a range or `default`."""
    return wider != status and (wider == "default" or wider.upper() == f"{status[:1]}XX")


def _is_error(status: str, client: Operation, server: Operation) -> bool:
    """`default` is for errors where a success is documented beside it."""
    if status == "default":
        return any(other[:1] == "2" for operation in (client, server) for other in operation.responses)
    return status[:1] in "45"


def _removed(pair: Pair, place: Place, status: str, client: Operation, server: Operation) -> Iterator[Difference]:
    if status[:1] == "2":
        others = [other for other in server.responses if other[:1] in "23"]
        if pair.upgraded and not _is_rest(status, client, server):
            yield place.found("response-status-removed", "was removed")
        elif others and not any(_covering(server, other) for other in client.responses if other[:1] == "2"):
            yield place.found("response-status-removed", f"{', '.join(others)} is sent instead")
    elif pair.upgraded and (status == "default" or status[:1] in "345"):
        rule = "response-redirect-removed" if status[:1] == "3" else "response-error-removed"
        yield place.found(rule, "is no longer documented")
    elif status[:1] == "3":
        others = [other for other in server.responses if other[:1] == "3" and not _covering(client, other)]
        if others:
            yield place.found("response-redirect-removed", f"{', '.join(others)} is sent instead")


def _is_rest(status: str, client: Operation, server: Operation) -> bool:
    """Whether a range is what is left beside statuses of its own, of which the server documents one further."""
    return any(_falls_under(other, status) and other in client.responses for other in server.responses)


def _is_valid(contract: Contract, operation: Operation, status: str) -> bool:
    """Whether a response was published as a response: a reference to a schema instead is a mistake."""
    written = (raw(contract, operation).get("responses") or {}).get(status) or {}
    published = written.get(f"{EXTENSION}-published", written)
    return not str(published.get("$ref", "")).startswith(_SCHEMA)


def _response(
    pair: Pair,
    operations: tuple[Operation, Operation],
    place: Place,
    client: DocumentedResponse,
    server: DocumentedResponse,
) -> Iterator[Difference]:
    was_valid, is_valid = (
        _is_valid(contract, operation, response.status)
        for contract, operation, response in zip((pair.client, pair.server), operations, (client, server), strict=True)
    )
    if pair.upgraded and was_valid != is_valid:
        rule = "document-repaired" if is_valid else "document-invalid"
        yield place.found(rule, f"{_SCHEMA}… instead of a response")
    if not (was_valid and is_valid) and not (client.media and server.media):
        return  # The intended response is unknown.
    known, sent = by_type(client.media), by_type(server.media)
    for name, media in sent.items():
        others = overlapping(name, known, own=sent)
        for other in others:
            within = Place(pair, place.operation, f"{place.where} {name}", other.pointer, media.pointer, place.is_error)
            yield from within.payloads("response", other, media)
        if pair.upgraded and matching(name, known) is None:
            yield place.found("response-media-opened" if others else "response-media-added", f"{name} is new")
    is_other = not any(overlapping(name, sent) for name in known)
    for name in known:
        if not overlapping(name, sent) and (pair.upgraded or is_other):
            yield place.found("response-media-removed", f"{name} is not sent")
    yield from _headers(pair, place, client, server)


def _headers(pair: Pair, place: Place, client: DocumentedResponse, server: DocumentedResponse) -> Iterator[Difference]:
    known, sent = (
        {name: one for name, one in side.headers.items() if name.lower() != "content-type"} for side in (client, server)
    )  # OpenAPI 3.1.1, section 4.8.17.1: such a header is ignored.
    for name, header in known.items():
        other = sent.get(name)
        at = (header.pointer, other.pointer if other else server.pointer)
        within = Place(pair, place.operation, f"{place.where} header {header.name}", *at, place.is_error)
        if header.required and not (other and other.required):
            yield within.found("response-header-missing", "may be missing" if other else "is not sent")
        elif other is None and pair.upgraded:
            yield within.found("response-header-removed", "is not sent")
        if other:
            nodes = node(pair.client, header), node(pair.server, other)
            if written_differently(*nodes, header, other):
                yield within.found("response-header-style", "is written in another style")
            texts = () if header.content else read_as_text(nodes[1], nodes[0])
            for difference in within.schemas(pair.schemas.response(*nodes)):
                if not (difference.at in texts and difference.rule == "response-type"):
                    yield difference
    for name, header in sent.items():
        if pair.upgraded and name not in known:
            at = (client.pointer, header.pointer)
            yield Place(pair, place.operation, f"{place.where} header {header.name}", *at).found(
                "response-header-added", "is new"
            )
