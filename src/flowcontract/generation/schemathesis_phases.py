"""Schemathesis's phases: its engine generates, sends and checks; here it is configured and its results are read.

`schemathesis.toml` is honored: what it says about generation, checks, phases, parameters and operations wins over the
settings made here. The options of a run (target, credentials, seed, time limit) take precedence over the file.
"""

import re
import threading
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from flowcontract.generation import schemathesis_config
from flowcontract.generation.engine_thread import EngineThread
from flowcontract.generation.environment import without_environment
from flowcontract.generation.quick_acknowledgments import quick_acknowledgments
from flowcontract.generation.request_builder import prefix_of, secret_of
from flowcontract.generation.resources import Resources, Values
from flowcontract.generation.schemathesis_document import prepared
from flowcontract.generation.schemathesis_hooks import Hooks, is_positive
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.openapi.structure import METHODS

if TYPE_CHECKING:
    import schemathesis
    from schemathesis import Config
    from schemathesis.schemas import BaseSchema

_MAX_STEPS = 6
"""Requests in one sequence of the stateful phase."""
_RECORDED = 1024 * 1024
"""Bytes of a body that Schemathesis keeps; its checks see all of it."""
_FAMILIAR = 0.7
"""Share of property-based cases that are about a known resource."""
_IDS_ALONE = 8
"""Property-based cases of an operation that has no input but IDs: our probes try many of them."""
_GRACE = 1.0
"""Seconds beyond the timeout of a request that a phase has for its end."""
_NOT_RESPONSES = frozenset({"Content-Encoding", "Content-Length", "Transfer-Encoding"})
"""Headers about the body as it was sent; Schemathesis hands over the decoded one."""

_OF_THE_CLIENT = frozenset(
    {"user-agent", "accept-encoding", "connection", "content-length", "x-schemathesis-testcaseid"}
)
"""Request headers that the client adds to every request: they say nothing about a case."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A check of Schemathesis that failed."""

    check: str
    """Its name, such as `negative_data_rejection`."""
    message: str
    """What Schemathesis says about it, in its own words."""

    @property
    def is_about_path(self) -> bool:
        """Whether it is about invalid input in the path."""
        return self.check == "negative_data_rejection" and re.search(r"\bin path\b", self.message) is not None


@dataclass(frozen=True, slots=True)
class GeneratedCase:
    """One case that Schemathesis sent."""

    operation: Operation
    phase: str
    values: Values
    exchange: Exchange
    is_valid: bool
    """It was generated as valid input for the operation, with its own method."""
    is_own_method: bool
    has_given_path: bool
    """Its path parameters are not the generated ones: a known resource, or one that cannot exist."""
    description: str
    """What is special about the input; empty if nothing is."""
    checks: tuple[str, ...]
    """The checks of Schemathesis that ran."""
    complaints: tuple[Complaint, ...]


def import_engine(patience: float) -> None:
    """Import what Schemathesis imports at its first use: on a busy machine, that takes longer than a phase may take.

    `patience`: seconds after which the import goes on in the background.
    """
    thread = threading.Thread(target=_use_engine, name="schemathesis_import", daemon=True)
    thread.start()
    thread.join(patience)


def _use_engine() -> None:
    import schemathesis
    from schemathesis import engine

    empty = {"openapi": "3.1.0", "info": {"title": "Empty", "version": "1"}, "paths": {}}
    engine.from_schema(schemathesis.openapi.from_dict(empty))


class SchemathesisRun:
    """Drives Schemathesis's engine over some operations of a contract."""

    def __init__(
        self,
        contract: Contract,
        target: Target,
        operations: Sequence[Operation],
        resources: Resources,
        *,
        known: Mapping[str, Sequence[Values]],
        seed: int,
        timeout: float,
        workers: int,
        max_examples: int,
        allow_unsafe: bool,
        rate: float = 0.0,
        pause: Callable[[str, int, float], float | None] = lambda *_: None,
        throttled: Container[str] = frozenset(),
    ) -> None:
        """`known`: path parameters of existing resources by operation ID; `timeout`: seconds for one request.

        `rate`: requests per second, at most; 0 for no limit. `pause`: how long to wait after a response that asks for
        fewer requests, given the ID of its operation, its status, and the seconds that it names; `throttled`: the IDs
        of operations of which no further cases are sent, as known by then.
        """
        self._contract = contract
        self._target = target
        self._operations = {(operation.path, operation.method): operation for operation in operations}
        self._patterns = {o.path: _pattern(target, o) for o in operations}
        self._known = known
        self._settings = (seed, timeout, workers, max_examples)
        self._rate = rate
        self._allow_unsafe = allow_unsafe
        self.failed: set[str] = set()
        """Why phases ended early: names of exceptions of Schemathesis."""
        self._thread: EngineThread | None = None
        self._stopped = threading.Event()
        self._hooks = Hooks(
            contract, target, self._operations, resources,
            timeout=timeout, allow_unsafe=allow_unsafe, pause=pause, throttled=throttled, stopped=self._stopped,
        )  # fmt: skip

    def stop(self) -> None:
        """End the phase after the request that is being sent. May be called from any thread."""
        self._stopped.set()
        if (thread := self._thread) is not None:
            thread.stop()

    def cases(self, phases: Sequence[str]) -> Iterator[list[GeneratedCase]]:
        """Run some of Schemathesis's phases; yields the cases of one scenario after the other."""
        import schemathesis
        from schemathesis import engine
        from schemathesis.engine import events

        schema = self._schema(phases)
        hooks = self._hooks.all()
        for hook in hooks:
            schemathesis.hook(hook)
        thread = EngineThread(engine.from_schema(schema).execute(), patience=self._settings[1] + _GRACE)
        self._thread = thread
        if self._stopped.is_set():
            thread.stop()
        try:
            with quick_acknowledgments(), without_environment():
                for event in thread.events():
                    if isinstance(event, events.ScenarioFinished) and event.recorder.interactions:
                        yield list(self._read(event))
        finally:
            thread.end()
            self.failed |= thread.failed
            # What waits for the server may go on some day: no hook that keeps it from changing data is taken away.
            for hook in [] if thread.is_alive else hooks:
                schemathesis.hooks.unregister(hook)
            self._thread = None

    def _schema(self, phases: Sequence[str]) -> "BaseSchema":
        import schemathesis

        config = self._config(phases)
        schema = schemathesis.openapi.from_dict(self._document(), config=config)
        schema.config.update(
            base_url=self._target.url,
            request_timeout=self._settings[1],
            headers={name: self._target.expand(value) for name, value in self._target.headers} or None,
        )
        chosen = set(self._operations)
        return schema.include(lambda ctx: (ctx.operation.path, ctx.operation.method.upper()) in chosen)

    def _document(self) -> dict[str, Any]:
        """The contract with the selected operations alone: what is not there is not sent, in no phase."""
        paths = {}
        for path, item in (self._contract.document.get("paths") or {}).items():
            if isinstance(item, Mapping):
                item = {
                    key: value
                    for key, value in item.items()
                    if key not in METHODS or (path, key.upper()) in self._operations
                }
            paths[path] = item
        whole: dict[str, Any] = prepared({**self._contract.document, "paths": paths})
        return whole

    def _config(self, phases: Sequence[str]) -> "Config":
        from schemathesis import Config
        from schemathesis.config import ConfigError

        file = schemathesis_config.find()
        own = schemathesis_config.read(file) if file else {}
        try:
            if file:  # It says what is wrong, before it is merged with something else.
                Config.from_dict(own, base_dir=str(file.parent))
            merged = _merged(self._defaults(phases), own)
            for name in schemathesis_config.PHASES:
                section = merged.setdefault("phases", {}).setdefault(name, {})
                section["enabled"] = name in phases and section.get("enabled", True)
            return Config.from_dict(merged, base_dir=str(file.parent) if file else None)
        except ConfigError as error:
            raise schemathesis_config.unreadable(file, error) from error

    def _defaults(self, phases: Sequence[str]) -> dict[str, Any]:
        seed, _, workers, max_examples = self._settings
        dictionaries, operations = self._parameters(fixed="coverage" in phases)
        return {
            "seed": seed,
            "continue-on-failure": True,
            "workers": workers,
            **({"rate-limit": f"{max(1, round(60 * self._rate))}/m"} if self._rate else {}),
            "cache": {"enabled": False},
            # As our own client: a redirect may lead to what the run must not change.
            "max-redirects": 0,
            "output": {"truncation": {"max-recorded-payload-size": _RECORDED}},
            "dictionaries": dictionaries,
            "operations": operations,
            "auth": self._auth(),
            "generation": {"max-examples": max_examples, "database": "none", "no-shrink": True},
            # Without credentials that the contract describes, 403 is as good as 401.
            # Every operation is asked without credentials by the first phase, and the probes send altered ones.
            "checks": {
                "missing_required_header": {"expected-statuses": ["400", "401", "403", "406", "422"]},
                "ignored_auth": {"enabled": False},
            },
            "phases": {
                # Undocumented methods are our probes' task: they know where nothing can change.
                "coverage": {"unexpected-methods": []},
                "stateful": {"max-steps": _MAX_STEPS, "generation": {"max-examples": max(3, max_examples // 4)}},
            },
            **self._transport(),
        }

    def _transport(self) -> dict[str, Any]:
        """How the server is reached."""
        tls = self._target.tls
        found: dict[str, Any] = {}
        if self._target.url.startswith("https:"):
            found["tls-verify"] = tls.authorities
        options = {"request-cert": tls.cert, "request-cert-key": tls.cert_key, "proxy": self._target.proxy}
        return {**found, **{name: value for name, value in options.items() if value}}

    def _parameters(self, *, fixed: bool) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Path parameters of known resources: the first alone (`fixed`), or all of them in most cases."""
        dictionaries: dict[str, Any] = {}
        operations = []
        for operation in self._operations.values():
            known = self._known.get(operation.id) or ()
            parameters: dict[str, Any] = {}
            for name in known[0] if known else ():
                if fixed or len(known[0]) > 1:
                    parameters[f"path.{name}"] = known[0][name]
                else:
                    label = f"d{len(dictionaries)}"
                    dictionaries[label] = {"values": [values[name] for values in known]}
                    parameters[f"path.{name}"] = {"dictionary": label, "probability": _FAMILIAR}
            if parameters:
                settings: dict[str, Any] = {"parameters": parameters}
                if all(p.location == "path" for p in operation.parameters) and not operation.request_media:
                    settings["generation"] = {"max-examples": min(self._settings[3], _IDS_ALONE)}
                operations.append({"include-name": f"{operation.method} {operation.path}", **settings})
        return dictionaries, operations

    def _auth(self) -> dict[str, Any]:
        """Credentials by security scheme, as Schemathesis's configuration has them."""
        found: dict[str, Any] = {}
        for scheme in self._contract.security_schemes.values():
            credentials = secret_of(scheme, self._target)
            if not credentials:
                continue
            if "apiKey" in (scheme.kind, scheme.published):
                found[scheme.name] = {"api_key": prefix_of(scheme) + credentials}
            elif scheme.scheme == "basic":
                # Schemathesis writes Latin-1, RFC 7617 wants UTF-8: these characters become its bytes.
                user, _, password = credentials.encode().decode("latin-1").partition(":")
                found[scheme.name] = {"username": user, "password": password}
            else:
                found[scheme.name] = {"bearer": credentials}
        return {"openapi": found} if found else {}

    def _read(self, event: Any) -> Iterator[GeneratedCase]:
        recorder = event.recorder
        for case_id, interaction in recorder.interactions.items():
            case = recorder.cases[case_id].value
            operation = self._hooks.operation(case)
            if operation is None:
                continue
            is_cut = case_id in self._hooks.cut
            sent_at = self._hooks.sent_at.pop(case_id, interaction.timestamp)
            exchange = self._exchange(interaction, is_cut=is_cut, sent_at=sent_at)
            complaints = tuple(
                Complaint(node.name, self._target.redact(" ".join(str(node.failure_info.failure).split())))
                for node in recorder.checks.get(case_id, ())
                if node.failure_info is not None and not is_cut
            )
            own = exchange.request.method == operation.method
            match = self._patterns[operation.path].search(exchange.request.path)
            meta = case.meta
            valid = own and is_positive(case)
            description = getattr(meta.phase.data, "description", "") if meta is not None else ""
            yield GeneratedCase(
                operation=operation,
                phase=event.phase.value,
                values={} if match is None else {name: unquote(text) for name, text in match.groupdict().items()},
                exchange=exchange,
                is_valid=valid,
                is_own_method=own,
                has_given_path=bool(self._known.get(operation.id)) or self._allow_unsafe,
                description=description or "",
                checks=tuple(node.name for node in recorder.checks.get(case_id, ())),
                complaints=complaints,
            )

    def _exchange(self, interaction: Any, *, is_cut: bool, sent_at: float) -> Exchange:
        sent, received = interaction.request, interaction.response
        parts = urlsplit(sent.uri)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        redact = self._target.redact
        request = Request(
            sent.method,
            redact(target),
            tuple(
                (name, redact(_text(value)))
                for name, values in sent.headers.items()
                for value in values
                if name.lower() not in _OF_THE_CLIENT and (name, value) != ("Accept", "*/*")
            ),
            sent.body,
        )
        if received is None:
            # Schemathesis does not record why there is no response.
            waited = interaction.timestamp - sent_at
            return Exchange(request, None, "timeout" if waited >= self._settings[1] else "closed", sent_at)
        response = response_of(received)
        if is_cut:
            response = replace(response, cut=True)
        return self._target.redacted(Exchange(request, response, "", sent_at))


def response_of(received: "schemathesis.Response") -> Response:
    """A response of Schemathesis as ours: its body is decoded, so nothing is said about how it was sent."""
    headers = tuple(
        (name.title(), value)
        for name, values in received.headers.items()
        if name.title() not in _NOT_RESPONSES
        for value in values
    )
    return Response(
        received.status_code,
        headers,
        received.content,
        received.elapsed,
        http_version=received.http_version,
        cut=received.stream_cut_short or received.content_size > len(received.content),
    )


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _pattern(target: Target, operation: Operation) -> re.Pattern[str]:
    """Matches the path of a request to an operation; one group for each path parameter."""
    pieces = re.split(r"\{([^{}]*)\}", operation.path)
    names = {parameter.name for parameter in operation.path_parameters()}

    def group(name: str) -> str:
        return f"(?P<{name}>[^/]*)" if name.isidentifier() and name in names else "[^/]*"

    pattern = "".join(group(piece) if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))
    return re.compile(re.escape(target.prefix) + pattern + "$")


def _merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with what the user's file says instead; tables are merged, lists follow one another."""
    merged = dict(defaults)
    for key, value in own.items():
        before = merged.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(before, value)
        elif isinstance(before, list) and isinstance(value, list) and before and isinstance(before[0], dict):
            merged[key] = [*value, *before]
        else:
            merged[key] = value
    return merged
