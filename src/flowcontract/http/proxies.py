"""Forward proxies: which one the environment names for a server, and the credentials in its URL."""

import ipaddress
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

_PORTS = {"http": 80, "https": 443}


def from_environment(url: str, environment: Mapping[str, str]) -> str:
    """The URL of the proxy for a server: of `http_proxy`, `https_proxy` or `all_proxy`, unless `no_proxy` excludes it.

    Empty without one. Names in lower case go before those in capitals; `HTTP_PROXY` in capitals is ignored in a CGI
    program, where a request header sets it (httpoxy).
    """
    parts = urlsplit(url)
    names = [f"{parts.scheme}_proxy", f"{parts.scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"]
    if "REQUEST_METHOD" in environment:
        names.remove(f"{parts.scheme}_proxy".upper())
    proxy = next((environment[name] for name in names if environment.get(name)), "")
    excluded = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    return "" if _is_excluded(parts, excluded) else proxy


def user_password(proxy: str) -> str:
    """USER:PASSWORD in the URL of a proxy, decoded; empty without."""
    parts = urlsplit(proxy)
    return "" if parts.username is None else f"{unquote(parts.username)}:{unquote(parts.password or '')}"


def _is_excluded(parts: SplitResult, excluded: str) -> bool:
    host = parts.hostname or ""
    port = parts.port or _PORTS.get(parts.scheme)
    for entry in filter(None, (word.strip().lower() for word in excluded.split(","))):
        if entry == "*" or _in_network(host, entry):
            return True
        name, _, number = entry.rpartition(":") if entry.rpartition(":")[2].isdecimal() else (entry, "", "")
        if number and int(number) != port:
            continue
        name = name.strip("[]").removeprefix("*").removeprefix(".")
        if host == name or host.endswith(f".{name}"):
            return True
    return False


def _in_network(host: str, entry: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
