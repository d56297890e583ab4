"""The rules: one table of what a server is held to, why, and what to do where one is broken."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    id: str
    title: str
    why: str
    advice: str
    is_warning: bool = False
    """A right server may break it: what does is told, and the verdict stands."""


def _rule(name: str, title: str, why: str, advice: str, *, is_warning: bool = False) -> tuple[str, Rule]:
    return name, Rule(name, title, why, advice, is_warning)


RULES: Mapping[str, Rule] = MappingProxyType(
    dict(
        (
            _rule(
                "no-response",
                "Every request is answered",
                "A client that gets no answer can only wait and guess.",
                "Look in the server's log for this request: it hung, crashed or closed the connection.",
            ),
            _rule(
                "content-length-mismatch",
                "An answer is as long as it says",
                "Bytes that are missing or left over are read as part of the next answer.",
                "Compute Content-Length from the bytes that are sent, and send no content after HEAD.",
            ),
            _rule(
                "server-error",
                "No request makes the server fail",
                "A 5xx says that the server, not the caller, did something wrong.",
                "Find the exception in the server's log; refuse such input with a documented 4xx.",
            ),
            _rule(
                "slow-response",
                "Answers come in time",
                "A page that waits for one slow answer is a slow page.",
                "Profile this request; the bound is --max-response-time.",
            ),
            _rule(
                "existing-resource-not-found",
                "A key that exists is found",
                "The caller named this key as one that exists.",
                "Check the key and the look-up; name only keys that exist on this target.",
            ),
            _rule(
                "valid-request-rejected",
                "A caller with the right is served",
                "Good credentials and a documented request deserve the documented success.",
                "Check how credentials and parameters are read.",
            ),
            _rule(
                "nonexistent-resource-found",
                "A key that does not exist is not found",
                "A look-up that finds something else shows a caller the wrong thing.",
                "Compare the whole key, decoded once, letter by letter; answer 404 where there is none.",
            ),
            _rule(
                "route-conflict",
                "No other route takes a key that may exist",
                "A thing whose key is the name of another route can be made but never read.",
                "Reserve these keys, or move the other route to where no key can stand.",
            ),
            _rule(
                "missing-authorization-check",
                "Nobody is served without the right",
                "What is served without the right credentials is public.",
                "Refuse before anything is looked up; compare credentials whole.",
            ),
            _rule(
                "undocumented-denial-status",
                "A refusal has the documented status",
                "Clients log in again, or not, by this status.",
                "Answer every caller without the right in the one documented way.",
            ),
            _rule(
                "resource-enumeration",
                "A refusal does not tell what exists",
                "Who may see nothing must not learn which keys exist either.",
                "Decide about the caller before looking anything up.",
            ),
            _rule(
                "undocumented-method-accepted",
                "A method the contract does not have does nothing",
                "A success for a method that nobody documented may have changed something.",
                "Answer 405 with Allow.",
            ),
            _rule(
                "unexpected-method-status",
                "A wrong method is answered with 405",
                "404 says that the thing is not there, 405 that the method is not.",
                "Answer 405 with Allow, or refuse the caller.",
            ),
            _rule(
                "undocumented-status-code",
                "Every status is documented",
                "Generated clients have no branch for a status that is not in the contract.",
                "Document the status, or answer with a documented one.",
            ),
            _rule(
                "invalid-response-header",
                "Headers are as documented",
                "Clients read headers too.",
                "Send the header as the contract says, or change the contract.",
            ),
            _rule(
                "missing-http-header",
                "Headers that HTTP asks for are there",
                "405 has to name what is allowed, 401 how to log in, 429 when to come back.",
                "Add the header (RFC 9110).",
            ),
            _rule(
                "duplicate-header",
                "A header that has one value is sent once",
                "Two readers may believe different ones.",
                "Send it once.",
            ),
            _rule(
                "undocumented-content-type",
                "The media type is documented and true",
                "Clients choose the parser by Content-Type.",
                "Send the documented Content-Type for what the body is.",
            ),
            _rule(
                "wrong-charset",
                "The charset is true",
                "JSON is UTF-8 (RFC 8259); another charset garbles every letter beyond ASCII.",
                "Send UTF-8 and name no other charset.",
            ),
            _rule(
                "unexpected-content-encoding",
                "An answer is coded only as asked for",
                "A client that did not ask for gzip cannot read it.",
                "Code answers only by Accept-Encoding, and name the coding that was used.",
            ),
            _rule(
                "invalid-json",
                "JSON is JSON",
                "What one parser forgives another refuses.",
                "Write the body with a JSON library: UTF-8, no BOM, no NaN, each name once, nothing after the end.",
            ),
            _rule(
                "unexpected-body",
                "A body is there where one is documented, and only there",
                "A client that reads an empty body as JSON fails.",
                "Send the documented body.",
            ),
            _rule(
                "schema-violation",
                "The body is what the schema says",
                "Typed clients refuse or misread anything else.",
                "Mend the answer where it differs, or change the schema at the place that is named.",
            ),
            _rule(
                "fractional-integer",
                "An integer is written as one",
                "Strict parsers read 1.0 as a fraction and refuse it.",
                "Write integers without a fraction.",
            ),
            _rule(
                "invariant-violation",
                "The answer fits the question",
                "An answer that is valid but about something else is worse than an error.",
                "Look at the relation at the place that is named: both sides must be equal.",
            ),
            _rule(
                "duplicate-identity",
                "Different things have different identities",
                "Two things with one identity overwrite each other in every cache.",
                "Give each its own; look for an answer that is served for all.",
            ),
            _rule(
                "inconsistent-response",
                "The same question has the same answer",
                "Nothing was changed in between, and the field is not declared volatile.",
                "Find what makes it differ; declare the field volatile if it may (x-flowcontract-volatile).",
            ),
            _rule(
                "undocumented-input-effect",
                "What has no meaning changes nothing",
                "Proxies, browsers and caches add such things to any request.",
                "Do not read what the contract does not have, or document it.",
            ),
            _rule(
                "head-get-mismatch",
                "HEAD is GET without the content",
                "Monitors and caches ask with HEAD.",
                "Answer HEAD with the status and headers of GET.",
            ),
            _rule(
                "information-disclosure",
                "An error tells nothing of the inside",
                "Traces, paths and queries help an attacker and nobody else.",
                "Log the details; answer with a fixed text.",
            ),
            _rule(
                "reflected-input",
                "An error does not repeat the input",
                "Repeated input is how markup and headers get injected.",
                "Answer with a fixed text.",
            ),
            _rule(
                "credential-leak",
                "Credentials come back nowhere",
                "An answer is logged and cached where a token must not be.",
                "Never copy request headers into an answer.",
            ),
            _rule(
                "lenient-credentials",
                "Credentials have one form",
                "A proxy and the server behind it may read another form in two ways.",
                "Take credentials from one header, with one space behind its scheme, and refuse the rest.",
                is_warning=True,
            ),
            _rule(
                "inconsistent-error-format",
                "Refusals have one form",
                "A client that reads errors as JSON fails at a page instead of showing what it says.",
                "Answer 405 in the form of the documented errors.",
                is_warning=True,
            ),
            _rule(
                "timing-side-channel",
                "A refusal takes as long whether the key exists or not",
                "Who may see nothing can measure which keys exist.",
                "Decide about the caller before looking anything up.",
                is_warning=True,
            ),
        )
    )
)
"""Every rule by its id."""


def rule(name: str) -> Rule:
    """One rule by its id."""
    return RULES[name]


def table() -> str:
    """The rules as a Markdown table, for the documentation."""
    lines = ["| rule | title | why it matters | how to fix it | severity |", "|---|---|---|---|---|"]
    for entry in RULES.values():
        severity = "warning" if entry.is_warning else "failure"
        lines.append(f"| `{entry.id}` | {entry.title} | {entry.why} | {entry.advice} | {severity} |")
    return "\n".join(lines) + "\n"
