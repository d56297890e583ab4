"""Rules about servers: base paths, hosts, and the addresses that their variables make."""

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.compatibility.diff.pairs import Difference, Pair
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.openapi.operations import base_path
from flowcontract.openapi.path_templates import nameless

_MOST = 64
"""Addresses of one server that are compared."""
_Server = Mapping[str, Any]
_VARIABLE = re.compile(r"\{([^}]*)\}")


def addresses(pair: Pair, matched: list[tuple[Operation, Operation]]) -> Iterator[Difference]:
    """What changes about where requests are sent."""
    moved = {
        (client.base_path, server.base_path)
        for client, server in matched
        if nameless(client.path) == nameless(server.path) and client.base_path not in bases(pair.server, server)
    }
    if not matched and pair.client.base_path != pair.server.base_path:
        moved.add((pair.client.base_path, pair.server.base_path))
    for client_base, server_base in sorted(moved):
        yield _found("server-changed", f"{server_base or '/'} instead of {client_base or '/'}")
    yield from _hosts(_servers(pair.client), _servers(pair.server), is_moved=bool(moved))


def bases(contract: Contract, operation: Operation) -> list[str]:
    """The base paths of all servers of an operation."""
    found = [operation.base_path]
    if operation.base_path == contract.base_path:
        found += [base_path({"servers": [one]}) for one in _servers(contract)[1:]]
    return found


def _found(rule: str, text: str) -> Difference:
    return Difference(rule, "", "", "", text, "/servers", "/servers")


def _servers(contract: Contract) -> list[_Server]:
    return list(contract.read("").get("servers") or ())


def _hosts(known: list[_Server], listed: list[_Server], *, is_moved: bool) -> Iterator[Difference]:
    """Absolute addresses that a client knows, and that are no longer listed."""
    urls, others = ([url for one in side for url in _urls(one)] for side in (known, listed))
    if not urls or not others or not all(map(_host, (*urls, *others))):
        return  # The host of a relative URL is that of the document.
    if not any(re.fullmatch(_pattern(_host(_url(one)), one), _host(urls[0])) for one in listed):
        yield _found("server-address-changed", f"{_host(others[0])} instead of {_host(urls[0])}")
    for url in urls[1:] if not is_moved else ():
        if not any(re.fullmatch(_pattern(_url(one), one), url) for one in listed):
            yield _found("server-removed", f"{url} is not listed")


def _urls(server: _Server) -> list[str]:
    """The addresses of a server: with each value that its variables enumerate, the default first."""
    variables = _variables(server)
    chosen = itertools.islice(itertools.product(*variables.values()), _MOST)
    named = [dict(zip(variables, values, strict=True)) for values in chosen]
    url = _url(server)
    return [_VARIABLE.sub(lambda match, values=values: values.get(match[1], ""), url) for values in named]  # type: ignore[misc]


def _url(server: _Server) -> str:
    return str(server.get("url", "")).rstrip("/")


def _pattern(url: str, server: _Server) -> str:
    """A regular expression of the addresses of a server; a variable without an enumeration takes any value."""
    enumerated = {name: values for name, values in _variables(server).items() if server["variables"][name].get("enum")}
    parts = _VARIABLE.split(url)
    for index, part in enumerate(parts):
        is_name = index % 2
        values = "|".join(map(re.escape, enumerated.get(part, ())))
        parts[index] = (f"(?:{values})" if values else "[^/]*") if is_name else re.escape(part)
    return "".join(parts)


def _variables(server: _Server) -> dict[str, list[str]]:
    """The default of each variable, then the values that it enumerates."""
    variables = {name: one for name, one in (server.get("variables") or {}).items() if isinstance(one, Mapping)}
    return {
        name: list(dict.fromkeys(map(str, (one.get("default", ""), *(one.get("enum") or ())))))
        for name, one in variables.items()
    }


def _host(url: str) -> str:
    """Scheme and host; empty where the URL is relative."""
    found = re.match(r"[a-z]+://[^/]+", url)
    return found[0] if found else ""
