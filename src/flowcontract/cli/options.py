"""Options that several commands share, each declared once."""

import argparse
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from flowcontract.cli import output
from flowcontract.errors import ContractError, UsageError
from flowcontract.generation import schemathesis_config
from flowcontract.http import credentials, proxies
from flowcontract.http.curl import quoted
from flowcontract.http.target import Target
from flowcontract.http.tls import TLS
from flowcontract.openapi import assemble, discovery, parameter_values, releases
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.reader import is_url
from flowcontract.openapi.references import origin
from flowcontract.text import is_loopback, nearest

if TYPE_CHECKING:
    import ssl

    from flowcontract.engine.campaigns.database import Campaign, Database

DAY = 86400.0
"""Seconds."""
_REPORT_SUFFIXES = (".html", ".xml", ".md", ".txt", ".sarif", ".json", ".har", ".ndjson")
_VARIABLE = re.compile(r"\$\{(?!FLOWCONTRACT_)\w+\}")
"""The value of a variable of the user in a command for a shell."""
_Number = TypeVar("_Number", int, float)


def add_spec(parser: argparse.ArgumentParser) -> None:
    """Declare `--spec` and `--allow-refs`."""
    parser.add_argument(
        "--spec",
        metavar="FILE|URL|-",
        help="OpenAPI document (default: openapi.yaml or .json in the current folder, spec/ or docs/; otherwise the "
        "bundled contract)",
    )
    add_allow_refs(parser)


def add_allow_refs(parser: argparse.ArgumentParser) -> None:
    """Declare `--allow-refs`."""
    parser.add_argument(
        "--allow-refs",
        action="append",
        default=[],
        metavar="DIR|ORIGIN",
        help="also read $ref targets below this folder or origin; repeatable (default: the document's folder)",
    )


def add_release(parser: argparse.ArgumentParser, *, listed: bool = False) -> None:
    """Declare `--release`. `listed`: the command also prints the list of releases."""
    more = "; `list` shows all" if listed else ""
    parser.add_argument("--release", metavar="NAME", help=f"use the contract of this release, such as 2025.12.2{more}")


def add_target(parser: argparse.ArgumentParser) -> None:
    """Declare how a server is reached and with which credentials; `target` reads it."""
    add = parser.add_argument
    add("--token", help="token with permission to read everything (default: $FLOWCONTRACT_TOKEN)")
    add("--token-file", type=Path, metavar="FILE", help="read the token from the first line of this file")
    add("--token-none", metavar="TOKEN", help="token without any permission (default: $FLOWCONTRACT_TOKEN_NONE)")
    add(
        "--other-token",
        metavar="TOKEN",
        help="token of a second user, who must not have access to the first user's resources "
        "(default: $FLOWCONTRACT_OTHER_TOKEN)",
    )
    add(
        "--read-only-token",
        metavar="TOKEN",
        help="token with the read access of --token, but no write access (default: $FLOWCONTRACT_READ_ONLY_TOKEN)",
    )
    add("--auth", metavar="USER:PASSWORD", help="credentials for HTTP Basic (default: $FLOWCONTRACT_AUTH)")
    add(
        "--api-key",
        action="append",
        default=[],
        type=_name_and_value("=", "SCHEME=VALUE, the name of a security scheme of the contract and the API key"),
        metavar="SCHEME=VALUE",
        help="API key of a security scheme; repeatable (default: $FLOWCONTRACT_KEY_ followed by the scheme's name in "
        "capitals)",
    )
    add(
        "--header",
        action="append",
        default=[],
        type=_name_and_value(":", "'NAME: VALUE'"),
        metavar="'NAME: VALUE'",
        help="add this header to every request; repeatable",
    )
    add("--cacert", metavar="FILE", help="trust the certificate authorities in this PEM file")
    add("--cert", metavar="FILE", help="client certificate (PEM file)")
    add("--cert-key", metavar="FILE", help="private key of the client certificate (default: read from the --cert file)")
    add("--insecure", action="store_true", help="do not verify the certificate of the server")
    add(
        "--proxy",
        metavar="URL",
        help="HTTP proxy to connect through (default: HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment)",
    )


def add_show_secrets(parser: argparse.ArgumentParser) -> None:
    """Declare `--show-secrets`."""
    parser.add_argument(
        "--show-secrets",
        action="store_true",
        help="show likely secrets of the server in the output (default: `[redacted]`)",
    )


def add_requests(parser: argparse.ArgumentParser) -> None:
    """Declare what is requested: `--param`, `--operation`, `--allow-unsafe`."""
    add = parser.add_argument
    add(
        "--param",
        action="append",
        default=[],
        type=parameter_values.parse,
        metavar="[OPERATION:]NAME=VALUE",
        help="existing value of a path parameter; repeatable (default: discovered)",
    )
    add_operation(parser, "test only", default="all safe operations")
    add(
        "--allow-unsafe",
        action="store_true",
        help="also send unsafe methods with credentials, which can change data on the server",
    )


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Declare `--seed` of a command that generates test cases."""
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="random seed; the same seed gives the same cases (default: 0)"
    )


def add_operation(parser: argparse.ArgumentParser, what: str, *, default: str = "all") -> None:
    """Declare `--operation`; `what` the command does with the operations."""
    parser.add_argument(
        "--operation",
        action="append",
        default=[],
        metavar="OPERATION",
        help=f"{what} this operation, given by ID or as 'METHOD PATH'; repeatable (default: {default})",
    )


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Declare which operations are tested, and which belong together: `--include`, `--exclude`, `--safe`, `--pair`."""
    add = parser.add_argument
    kinds = "KIND is operation, path, method, tag or deprecated, and VALUE may contain the wildcards * and ?"
    add(
        "--include",
        action="append",
        default=[],
        type=_filter,
        metavar="KIND=VALUE",
        help=f"test only operations that match; repeatable. {kinds}",
    )
    add(
        "--exclude",
        action="append",
        default=[],
        type=_filter,
        metavar="KIND=VALUE",
        help="leave out operations that match; repeatable",
    )
    add(
        "--safe",
        action="append",
        default=[],
        metavar="OPERATION",
        help="operation that only reads although its method is unsafe, such as a search by POST; repeatable",
    )
    add(
        "--pair",
        action="append",
        default=[],
        type=_pair,
        metavar="OPERATION=PATH",
        help="path of the resources that this operation creates, for sequences; an empty PATH for none; repeatable "
        "(default: derived from paths, names and schemas; see --plan)",
    )


def operation_ids(contract: Contract, names: Iterable[str]) -> tuple[str, ...]:
    """The IDs of operations that are named by ID or as `METHOD PATH`. Raises ContractError for an unknown one."""
    return tuple(contract.operation(name).id for name in names)


def pairs(contract: Contract, arguments: argparse.Namespace) -> dict[str, str]:
    """What `--pair` gives, by the IDs of the operations. Raises ContractError for an unknown one."""
    return {contract.operation(name).id: path for name, path in arguments.pair}


def _pair(text: str) -> tuple[str, str]:
    """Read `OPERATION=PATH`."""
    name, separator, path = text.partition("=")
    if not name or not separator or (path and not path.rstrip("/").endswith("}")):
        raise argparse.ArgumentTypeError(f"expected OPERATION=PATH such as addTask=/tasks/{{id}}, got {text!r}")
    return name, path


def add_rules(parser: argparse.ArgumentParser) -> None:
    """Declare `--rule`."""
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        type=_severity,
        metavar="ID=off|warning|failure",
        help="change the severity of a rule; repeatable",
    )


def add_settle(parser: argparse.ArgumentParser) -> None:
    """Declare `--settle`."""
    parser.add_argument(
        "--settle",
        type=between(0, 60, "a number of seconds from 0 to 60"),
        default=0.0,
        metavar="S",
        help="seconds to wait after a write before a failing sequence is sent again (default: 0)",
    )


def _severity(text: str) -> tuple[str, str]:
    """Read `ID=off|warning|failure`."""
    from flowcontract.checks.registry import RULES  # Here: help needs no rules.

    name, _, severity = text.partition("=")
    if name not in RULES:
        hint = nearest(name, RULES) or " `flowcontract explain` lists all rules."
        raise argparse.ArgumentTypeError(f"unknown rule {name!r}.{hint}")
    if severity not in ("off", "warning", "failure"):
        raise argparse.ArgumentTypeError(f"expected a rule and its severity such as {name}=warning, got {text!r}")
    return name, severity


def _filter(text: str) -> tuple[str, str]:
    from flowcontract.engine.selection import parse_filter  # Here: help needs no engine.

    return parse_filter(text)


def add_known_issues(parser: argparse.ArgumentParser) -> None:
    """Declare what does not fail a run: `--published-only`, `--waivers`, `--baseline`."""
    add = parser.add_argument
    add("--published-only", action="store_true", help="check against the published part of the contract only")
    add(
        "--waivers",
        type=Path,
        metavar="FILE",
        help="file of accepted findings, each with an owner, a reason and an expiry date",
    )
    add("--baseline", type=Path, metavar="FILE", help="fail only on findings that are not in this file")


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Declare how long a run may take: `--timeout`, `--time-limit`."""
    add = parser.add_argument
    add("--timeout", type=seconds, default=5.0, metavar="S", help="request timeout in seconds (default: 5)")
    add(
        "--time-limit",
        type=duration,
        default=60.0,
        metavar="T",
        help="time limit for the whole run: 90, 90s, 5m (default: 60s)",
    )


def add_format(parser: argparse.ArgumentParser, formats: Iterable[str]) -> None:
    """Declare `--format` of a command that writes reports."""
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        metavar="NAME",
        help=f"write only this report format; repeatable (formats: {', '.join(formats)}; default: all)",
    )


def add_database(parser: argparse.ArgumentParser, *, default: Path | str = Path("campaign.db")) -> None:
    """Declare `--database`, also as `--store`.

    `default` may be `argparse.SUPPRESS` for an action of a command that has the option.
    """
    parser.add_argument(
        "--database",
        "--store",
        type=Path,
        default=default,
        metavar="FILE",
        help="campaign database (default: campaign.db)",
    )


def document(arguments: argparse.Namespace) -> Contract:
    """The contract of a command: `--spec`, else the configuration, else the current folder, else the bundled one.

    Says once, on standard error, which one it is. Raises ContractError.
    """
    source, origin = arguments.spec, "--spec"
    if source is None:
        found = discovery.document_in(Path.cwd())
        source, origin = (None, "bundled") if found is None else (str(found), "found in the current folder")
    elif source == arguments.configuration.spec(arguments.command):
        origin = arguments.configuration.name
    try:
        contract = Contract.load(source, allow_refs=tuple(arguments.allow_refs), tls=_document_tls(arguments, source))
    except ContractError as error:
        if origin != arguments.configuration.name:
            raise
        raise ContractError(error.what, do=f"{error.do} {origin} names this document.".lstrip()) from error
    if origin != "--spec":  # What a caller has just typed is named once the run starts.
        output.contract(arguments, contract, origin)
    return contract


def _document_tls(arguments: argparse.Namespace, source: str | None) -> "ssl.SSLContext | None":
    """How the server of a document is trusted, if it is the target, to which the TLS options of a command apply."""
    url = getattr(arguments, "url", None) if hasattr(arguments, "cacert") else None
    if not url or not source or not is_url(source) or origin(url) != origin(source):
        return None
    return tls(arguments).context() if origin(url).startswith("https:") else None


def tls(arguments: argparse.Namespace) -> TLS:
    """The TLS options of a command."""
    return TLS(
        cacert=arguments.cacert or "",
        cert=arguments.cert or "",
        cert_key=arguments.cert_key or "",
        verify=not arguments.insecure,
    )


def contract_of_campaign(arguments: argparse.Namespace, database: "Database", campaign: "Campaign") -> Contract:
    """The contract of a campaign, as it is now: `--spec`, else what it began with. Raises ContractError."""
    from flowcontract.engine.campaigns import session

    if arguments.spec not in (None, arguments.configuration.spec(arguments.command)):
        return document(arguments)
    found = session.contract_of(database, campaign, current=True, allow_refs=tuple(arguments.allow_refs))
    output.contract(arguments, found, f"that of campaign {campaign.id}")
    return found


def contract(arguments: argparse.Namespace) -> Contract:
    """The contract that `--spec` and `--release` name. Raises ContractError or UsageError."""
    given = document(arguments)
    return given if arguments.release is None else releases.load(arguments.release, given)


def published_contract(arguments: argparse.Namespace) -> Contract:
    """The published part of the contract that `--spec` and `--release` name. Raises ContractError or UsageError."""
    given = document(arguments)
    if arguments.release is None:
        return assemble.published(given)
    return releases.load(arguments.release, given, published_only=True)


def target(contract: Contract, arguments: argparse.Namespace, url: str, *, token: str | None = None) -> Target:
    """The target at a URL with what `add_target` declares: of the command line, environment or `schemathesis.toml`.

    `token`: the token where neither names one. Raises UsageError for what cannot be used.
    """
    environment = os.environ.get
    own = schemathesis_config.settings()
    given = {name.lower() for name, _ in arguments.header}
    return Target.at(
        url,
        contract.base_path,
        token=_token(arguments) or environment(credentials.TOKEN) or own.token or token,
        none_token=arguments.token_none or environment(credentials.TOKEN_NONE) or None,
        other_token=arguments.other_token or environment(credentials.OTHER_TOKEN) or None,
        read_only_token=arguments.read_only_token or environment(credentials.READ_ONLY_TOKEN) or None,
        user_password=arguments.auth or environment(credentials.AUTH) or own.user_password,
        api_keys=_api_keys(contract, dict(arguments.api_key), own.api_keys),
        headers=[*(pair for pair in own.headers if pair[0].lower() not in given), *arguments.header],
        tls=tls(arguments),
        proxy=_proxy(arguments, url),
    )


def repeated(arguments: argparse.Namespace, target: Target) -> str:
    """The options of `add_target` that another command needs for the same target; empty for none.

    They begin with a space. A credential is the variable that holds it, never its value; one that the environment holds
    under the name that every command reads needs no option.
    """
    names = {**credentials.OPTIONS, credentials.AUTH: "--auth"}
    table = arguments.configuration.table(arguments.command)
    words: list[str] = ["--token-file", str(arguments.token_file)] if arguments.token_file else []
    for variable, option in names.items():
        given = getattr(arguments, option.removeprefix("--").replace("-", "_"))
        if given and os.environ.get(variable) != given:
            own = table.get(f"{option.removeprefix('--')}-env", variable)
            words += [option, f"${{{own}}}"]
    for scheme, key in arguments.api_key:
        variable = credentials.key_variable(scheme)
        if os.environ.get(variable) != key:
            own = table.get("api-key-env", {}).get(scheme, variable)
            words += ["--api-key", f"{scheme}=${{{own}}}"]
    given_names = {name.lower() for name, _ in arguments.header}
    for name, value in target.headers:  # A value that may be a secret is an expression there.
        words += ["--header", f"{name}: {value}"] if name.lower() in given_names else []
    tls = target.tls
    proxy = arguments.proxy if arguments.proxy and not urlsplit(arguments.proxy).password else ""
    for option, text in (
        ("--cacert", tls.cacert), ("--cert", tls.cert), ("--cert-key", tls.cert_key), ("--proxy", proxy),
    ):  # fmt: skip
        words += [option, text] if text else []
    words += [] if tls.verify else ["--insecure"]
    return "".join(f" {quoted(word, _VARIABLE)}" for word in words)


def stored_target(contract: Contract, arguments: argparse.Namespace, stored: str) -> Target:
    """The target at the URL of the command line, else at one that a file names.

    A file may be anybody's: requests go to the server that it names only if that is this machine.
    Raises UsageError where they would go elsewhere.
    """
    found = target(contract, arguments, arguments.url or stored)
    if not arguments.url and not found.is_loopback:
        raise UsageError(
            f"the server {found.origin} is only named in the database, so nothing is sent to it.",
            do="Give the URL on the command line.",
        )
    return found


def _token(arguments: argparse.Namespace) -> str | None:
    if arguments.token_file is None:
        return arguments.token or None
    if arguments.token:
        raise UsageError("expected --token or --token-file, got both.", do="Remove one of them.")
    try:
        first, *_ = arguments.token_file.read_text("utf-8-sig").splitlines() or [""]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UsageError(
            f"cannot read the token file {arguments.token_file}: {reason}.", do="Check the path."
        ) from error
    if not first.strip():
        raise UsageError(
            f"expected a token in the first line of {arguments.token_file}, got an empty line.", do="Check the file."
        )
    return str(first.strip())


def _api_keys(contract: Contract, given: dict[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """API keys by scheme: of the command line, else of the environment, else `own` ones of `schemathesis.toml`."""
    schemes = (contract.document.get("components") or {}).get("securitySchemes") or {}
    if unknown := next((name for name in given if name not in schemes), ""):
        names = ", ".join(map(str, schemes)) or "none"
        raise UsageError(
            f"--api-key: the contract has no security scheme {unknown!r}.",
            do=f"Its security schemes: {names}. For another header, use --header.",
        )
    found = {name: os.environ.get(credentials.key_variable(str(name))) or own.get(str(name), "") for name in schemes}
    keys = {name: value for name, value in found.items() if value} | given
    return {name: _without_prefix(contract, name, value) for name, value in keys.items()}


def _without_prefix(contract: Contract, name: str, key: str) -> str:
    """An API key without the word that requests have before it: `Token`, `Bearer`."""
    scheme = contract.security_schemes.get(name)
    word, space, rest = key.partition(" ")
    return rest if space and scheme and scheme.published and word.lower() == scheme.scheme else key


def _proxy(arguments: argparse.Namespace, url: str) -> str:
    """The proxy; for a server on this machine, only one that the command line names."""
    if arguments.proxy:
        return str(arguments.proxy)
    try:
        if is_loopback(urlsplit(url).hostname or ""):
            return ""
        return proxies.from_environment(url, os.environ)
    except ValueError:  # `Target.at` reports the URL.
        return ""


def _name_and_value(separator: str, what: str) -> Callable[[str], tuple[str, str]]:
    """A reader of a name and a value; the value is never shown."""

    def read(text: str) -> tuple[str, str]:
        name, found, value = text.partition(separator)
        if not found or not name.strip():
            raise argparse.ArgumentTypeError(f"expected {what}, got something else (its value is not shown)")
        return name.strip(), value.strip() if separator == ":" else value

    return read


def between(least: float, most: float, what: str) -> Callable[[str], float]:
    """A reader of numbers from `least` to `most`, both included; `what`: the expected number, for messages."""
    return _within(float, least, most, what)


def whole(least: int, most: int, what: str) -> Callable[[str], int]:
    """A reader of whole numbers from `least` to `most`, both included; `1_000` is one."""
    return _within(int, least, most, what)


def seconds(text: str) -> float:
    """Read seconds: above 0, below a day."""
    what = "a number of seconds above 0"
    number = _number(float, text, what)
    if not 0 < number < DAY:
        raise argparse.ArgumentTypeError(f"expected {what}, got {text!r}")
    return number


def duration(text: str) -> float:
    """Read `90`, `90s`, `1.5m`, `8h` or `2d` as seconds."""
    units = {"s": 1, "m": 60, "h": 3600, "d": DAY}
    what = "a duration such as 90s, 15m or 8h"
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    time = _number(float, number, what, text) * units[unit]
    if not 0 < time < 400 * DAY:
        raise argparse.ArgumentTypeError(f"expected {what}, got {text!r}")
    return time


def size(text: str) -> int:
    """Read `500000`, `200MB` or `2GB` as bytes, at least a megabyte."""
    units = {"kb": 10**3, "mb": 10**6, "gb": 10**9}
    number, unit = (text[:-2], text[-2:].lower()) if text[-2:].lower() in units else (text, "")
    what = "a size such as 200MB, of at least 1MB"
    found = _number(float, number, what, text) * units.get(unit, 1)
    if not units["mb"] <= found < float("inf"):
        raise argparse.ArgumentTypeError(f"expected {what}, got {text!r}")
    return int(found)


def folder(text: str) -> Path:
    """Read a folder for reports; their files have fixed names, so the name of a file is a mistake."""
    path = Path(text)
    if path.suffix in _REPORT_SUFFIXES and not path.is_dir():
        raise argparse.ArgumentTypeError(f"expected a folder for all reports, got the name of a file: {text!r}")
    return path


def _within(kind: Callable[[str], _Number], least: float, most: float, what: str) -> Callable[[str], _Number]:
    def read(text: str) -> _Number:
        number = _number(kind, text, what)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"expected {what}, got {text!r}")
        return number

    return read


def _number(kind: Callable[[str], _Number], text: str, what: str, given: str = "") -> _Number:
    """`text` as a number; `given` is all that the caller wrote, with a unit."""
    try:
        return kind(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected {what}, got {(given or text)!r}") from error
