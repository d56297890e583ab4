"""Where documents come from: a file, a URL, or standard input; with the files they refer to put into one document."""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from flowcontract.errors import ContractError
from flowcontract.openapi import cache, documents, references
from flowcontract.openapi.normalization import Normalized, Problem, from_json, normalize, to_json
from flowcontract.text import url_without_secrets

if TYPE_CHECKING:
    import ssl

TIMEOUT = 60.0
"""Seconds that a server may take to send its document, all of it."""
_ACCEPT = "application/vnd.oai.openapi+json, application/vnd.oai.openapi, application/yaml, application/json, */*;q=0.1"
_CHUNK = 65536
BUNDLED = "flowcontract:"
"""Begins the names of files that come with the package."""


class Source:
    """A document: its text is read, and parsed when it is first needed."""

    def __init__(
        self,
        name: str,
        parse: Callable[[], Any],
        *,
        text: bytes | None = None,
        path: Path | None = None,
        files: references.Files | None = None,
    ) -> None:
        """`parse` gives the value of the text; without `text` it is of unknown origin, and nothing is kept on disk.

        `path` is the file; None for a URL or standard input. `files` are those that the document may refer to.
        """
        self.name = _short(path) if path else name
        """What messages call it: its file, short where that lies below the current folder."""
        self.path = path
        self._parse = parse
        self._text = text
        self._files = files

    @property
    def document(self) -> Mapping[str, Any]:
        """The document as it was written, with the files that it refers to. Raises ContractError."""
        return self._bundled[0]

    @property
    def normalized(self) -> Normalized:
        """The document in the one model. Raises ContractError where it is not OpenAPI."""
        return self._normalized[0]

    @property
    def fingerprint(self) -> bytes:
        """Bytes that tell this document from any other."""
        return self._text if self._text and self._normalized[1] else json.dumps(self.document).encode()

    @cached_property
    def _bundled(self) -> tuple[Mapping[str, Any], tuple[Problem, ...], bool]:
        """The document, the references that were not followed, and whether it refers to no file."""
        parsed = _mapping(self._parse(), self.name)
        if self._files is None:
            return parsed, (), True
        document, problems = references.bundle(parsed, self._files)
        return document, problems, document is parsed

    @cached_property
    def _normalized(self) -> tuple[Normalized, bool]:
        """The model, and whether the text alone says what it is: then it is on disk for the next start."""
        made: list[tuple[Normalized, bool]] = []

        def make() -> Any:
            document, problems, is_alone = self._bundled
            require_openapi(document, self.name)
            found = normalize(document)
            made.append((replace(found, problems=(*problems, *found.problems)), is_alone))
            return to_json(found) if is_alone else None

        found = make() if self._text is None else cache.cached("normalized", self._text, make)
        return made[0] if made else (from_json(found), True)


def read(source: str, allow_refs: tuple[str, ...] = (), tls: "ssl.SSLContext | None" = None) -> Source:
    """Read the document in a file, at a URL, or on standard input (`-`).

    References to other files are followed in its folder (below the URL's directory) and in `allow_refs`, more folders
    or origins. `tls`: how the server of a URL is trusted, if not as the system does. Raises ContractError if it
    cannot be read.
    """
    if source == "-":
        name = "standard input"
        text = sys.stdin.buffer.read(documents.MAX_BYTES + 1)
        return Source(name, lambda: documents.parse(text, name), text=text)
    if is_url(source):
        text, name = fetch(source, tls), url_without_secrets(source)

        def linked_document(url: str) -> Any:
            is_same = references.origin(url) == references.origin(source)
            return _parsed(fetch(url, tls if is_same else None), url_without_secrets(url))

        linked = references.UrlFiles(source, linked_document, allow_refs)
        return Source(name, lambda: _parsed(text, name), text=text, files=linked)
    path = Path(source)
    text = documents.content(path)
    beside = references.LocalFiles(path, documents.read, allow_refs)
    return Source(source, lambda: documents.parsed(text, source), text=text, path=path, files=beside)


def is_url(source: str) -> bool:
    """Whether a source is read over HTTP."""
    return source.lower().startswith(("http://", "https://"))


def require_openapi(document: Any, name: str) -> None:
    """Raise ContractError for what is not an OpenAPI document of version 3.0, 3.1 or 3.2."""
    document = _mapping(document, name)
    version = str(document.get("openapi", ""))
    if not version:
        kind = "a Swagger 2.0 document" if "swagger" in document else "not one: it has no `openapi` field"
        raise ContractError(
            f"expected an OpenAPI document of version 3.0, 3.1 or 3.2; {name} is {kind}.",
            do="Pass another document, or convert it first.",
        )
    if ".".join(version.split(".")[:2]) not in ("3.0", "3.1", "3.2"):
        raise ContractError(
            f"{name} is OpenAPI {version[:40]}; expected 3.0, 3.1 or 3.2.", do="Convert it to one of them first."
        )


def _mapping(document: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(document, Mapping):
        kind = "an array" if isinstance(document, list) else "empty" if document is None else "a plain value"
        raise ContractError(
            f"expected an OpenAPI document, an object at its root; {name} is {kind}.", do="Pass another document."
        )
    return document


def _parsed(text: bytes, url: str) -> Any:
    if text.lstrip()[:1] == b"<":
        raise ContractError(
            f"{url} is an HTML or XML page, expected an OpenAPI document.", do="Pass the URL of the document itself."
        )
    return documents.parse(text, url)


class _SameOrigin(urllib.request.HTTPRedirectHandler):
    """Follows redirects within an origin: another server is read only when the user names it."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """The request to follow. Raises ContractError where it leads to another origin."""
        if references.origin(newurl) != references.origin(req.full_url):
            fp.close()
            raise ContractError(
                f"{url_without_secrets(req.full_url)} redirects to another server, {references.origin(newurl)}.",
                do=f"Pass that URL instead, if you trust it: {url_without_secrets(newurl)}",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(url: str, tls: "ssl.SSLContext | None" = None) -> bytes:
    """The bytes at a URL. `tls`: how its server is trusted, if not as the system does.

    Raises ContractError where they cannot be had within the limits of size and time.
    """
    try:
        authority = urllib.parse.urlsplit(url).netloc
    except ValueError as error:
        raise ContractError(f"{url[:80]!r} is not a URL: {error}.", do="Check the URL.") from error
    if "@" in authority:
        raise ContractError("the URL contains credentials.", do="Download the document, and pass the file.")
    name = url_without_secrets(url)
    deadline = time.monotonic() + TIMEOUT
    opener = urllib.request.build_opener(_SameOrigin, urllib.request.HTTPSHandler(context=tls))
    found = bytearray()
    try:
        request = urllib.request.Request(url, headers={"Accept": _ACCEPT})  # noqa: S310 - http(s) only, see is_url
        with opener.open(request, timeout=TIMEOUT) as response:
            while chunk := response.read1(_CHUNK):
                found += chunk
                if len(found) > documents.MAX_BYTES or time.monotonic() > deadline:
                    break
    except urllib.error.HTTPError as error:
        with error:
            raise ContractError(f"{name} responds {error.code}, expected a document.", do="Check the URL.") from error
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        reason = getattr(reason, "strerror", None) or reason
        raise ContractError(
            f"{name} cannot be read: {reason}.", do="Check the URL, and whether the server is running."
        ) from error
    if len(found) > documents.MAX_BYTES:
        raise ContractError(
            f"{name} is larger than {documents.MAX_BYTES // 2**20} MiB.", do="Split it, or pass a smaller document."
        )
    if time.monotonic() > deadline:
        raise ContractError(f"{name} took longer than {TIMEOUT:.0f} seconds.", do="Download the document first.")
    return bytes(found)


def _short(path: Path) -> str:
    """The file below the current folder, a file of this package as `flowcontract:spec/openapi.yaml`, else as it is."""
    whole = path.resolve()
    try:
        return str(whole.relative_to(Path.cwd()))
    except ValueError:
        package = Path(__file__).resolve().parents[1]
        return f"{BUNDLED}{whole.relative_to(package).as_posix()}" if whole.is_relative_to(package) else str(path)
