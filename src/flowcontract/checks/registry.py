"""The rules: what a server is tested for, why it matters, and how to fix a violation."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from flowcontract.errors import UsageError


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    id: str
    title: str
    """Names the failure in a few words."""
    why: str
    """Why it matters to clients or for security."""
    advice: str
    """How to fix it."""
    is_warning: bool = False
    """Advisory: a conforming server may violate it. It is reported, and the run still passes."""


_RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule(
            "no-response",
            "No valid response",
            "Without a response, clients cannot tell whether the request took effect.",
            "Look for this request in the server's log: the server hung, crashed, closed the connection or sent "
            "invalid HTTP.",
        ),
        Rule(
            "content-length-mismatch",
            "Content-Length mismatch",
            "Clients wait for missing bytes, or read extra ones as part of the next response.",
            "If the response ended early, look for a crash in the server's log. Otherwise, compute Content-Length "
            "from the bytes that are actually sent. Send no body with 204, with 304 or in response to HEAD; let "
            "the WSGI or ASGI server or a middleware remove it.",
        ),
        Rule(
            "server-error",
            "Server error",
            "A 5xx status means that the server failed, not the caller.",
            "Find the exception in the server's log and fix it. If the input is invalid, return a documented 4xx.",
        ),
        Rule(
            "slow-response",
            "Slow response",
            "One slow response makes a whole page slow.",
            "Find out what makes this request slow. --max-response-time sets the limit.",
            is_warning=True,
        ),
        Rule(
            "slow-input",
            "Some input makes the response slow",
            "A few such requests are enough to keep the server busy.",
            "Look for a search, a regular expression or a query that is slow for this input, and limit the length of "
            "the input.",
        ),
        Rule(
            "existing-resource-not-found",
            "Existing resource not found",
            "Clients cannot find a resource that exists.",
            "Check the lookup of this ID, and route HEAD like GET. If the ID does not exist on this server, pass an "
            "existing one with --param.",
        ),
        Rule(
            "valid-request-rejected",
            "Valid request rejected",
            "A valid request with valid credentials must get a documented success.",
            "Read the error message in the response. Then accept the request, or make the contract stricter. "
            "If the status is 401 or 403, check the permissions of the credentials.",
        ),
        Rule(
            "nonexistent-resource-found",
            "No 404 for a nonexistent resource",
            "Clients rely on 404; a lookup that finds something else shows callers the wrong data.",
            "Decode the resource ID once and compare it as a whole, character by character; return 404 if none "
            "matches. If the response is 401 or 403, check permissions and caches.",
        ),
        Rule(
            "route-conflict",
            "Another route shadows this resource",
            "A resource whose ID equals the name of another route can be created but never read.",
            "Reserve these IDs, or change the path of the other route.",
        ),
        Rule(
            "missing-authorization-check",
            "Missing authorization check",
            "Data served without valid credentials is public.",
            "Accept only a complete, valid token, sent as the contract says (header and scheme), and check permissions "
            "before looking anything up. If the operation is public, remove `security` from it.",
        ),
        Rule(
            "undocumented-denial-status",
            "Access denied with an undocumented status",
            "Clients use this status to decide whether to log in again.",
            "Return the documented status to every caller without permission.",
        ),
        Rule(
            "resource-enumeration",
            "Denied response reveals which resources exist",
            "Unauthorized callers must not learn which resource IDs exist.",
            "Check permissions before looking up the resource, so that the response is the same either way.",
        ),
        Rule(
            "resource-of-another-user-accessible",
            "Resource of another user accessible",
            "A user can read or change another user's data.",
            "Check the owner of the resource, or the role of the caller, not only that the caller is logged in.",
        ),
        Rule(
            "invalid-input-accepted",
            "Invalid input accepted",
            "Invalid data, once stored, breaks other clients later.",
            "Validate the input and return a documented 4xx status, or allow the input in the contract.",
        ),
        Rule(
            "converted-input-accepted",
            "Values of another type are converted",
            'The contract does not allow the string "3" for a number, but many frameworks accept and convert it.',
            "Turn on strict validation, or document both types.",
            is_warning=True,
        ),
        Rule(
            "missing-header-accepted",
            "Missing required header accepted",
            "The contract calls the header required, but the server does not require it.",
            "Reject requests without the header, or document it as optional.",
        ),
        Rule(
            "use-after-delete",
            "Deleted resource still accessible",
            "Clients expect a deleted resource to be gone.",
            "Return 404 or 410 for deleted resources in every operation, and leave them out of lists.",
        ),
        Rule(
            "created-resource-not-found",
            "Created resource not found",
            "The server confirmed a creation that did not happen, or returned a wrong ID.",
            "Store the resource before the response is sent, and return its ID.",
        ),
        Rule(
            "stored-value-differs",
            "Stored value differs from what was sent",
            "Clients lose data that the server confirmed.",
            "Store what was sent, or reject it with a 4xx status.",
        ),
        Rule(
            "value-normalized",
            "Value is normalized",
            "Clients that compare the stored value with the one that they sent find a difference.",
            "Store the value unchanged, or document that the server trims, lowercases or reorders it.",
            is_warning=True,
        ),
        Rule(
            "default-not-applied",
            "Documented default not applied",
            "Clients leave a field out because they rely on its default.",
            "Apply the documented default, or change it in the contract.",
        ),
        Rule(
            "read-only-field-written",
            "Read-only field can be written",
            "Callers can set values that only the server should set, such as owners, times and permissions.",
            "Ignore or reject read-only fields in requests.",
        ),
        Rule(
            "write-only-field-returned",
            "Write-only field returned",
            "Write-only fields are usually secrets.",
            "Leave the field out of every response.",
        ),
        Rule(
            "created-resource-not-listed",
            "Created resource missing from a list",
            "Clients cannot find the resource in the list, or in the response to a batch.",
            "List every resource as soon as its creation is confirmed, including in the response to a batch. If the "
            "list is updated later, use --settle.",
        ),
        Rule(
            "created-more-than-once",
            "One creation stores several resources",
            "Duplicates are hard to find and to remove later.",
            "Create one resource per request.",
        ),
        Rule(
            "duplicate-accepted",
            "Duplicate of a unique value accepted",
            "Clients use the value to identify one resource.",
            "Enforce uniqueness in the database, and return 409 for a duplicate.",
        ),
        Rule(
            "wrong-location",
            "Location does not name the created resource",
            "Clients follow Location to read what they created.",
            "Return the URL of the created resource in Location.",
        ),
        Rule(
            "found-below-another-parent",
            "Resource found below another parent",
            "If only the parent's permissions are checked, the owner of one parent can read resources below any other.",
            "Look the resource up by both its parent and its own ID; return 404 if they do not belong together.",
        ),
        Rule(
            "missing-reference-accepted",
            "Reference to a missing resource accepted",
            "Clients that follow the reference find nothing, and lists and totals that depend on it are incomplete.",
            "Look up the resource that the request refers to; return a documented 4xx if it does not exist.",
            is_warning=True,
        ),
        Rule(
            "referenced-resource-deleted",
            "Resource deleted although others refer to it",
            "Clients that follow the reference find nothing, although the contract says that such a deletion is "
            "rejected.",
            "Before deleting a resource, look for all others that refer to it, whatever their state, and return the "
            "documented status, such as 409.",
        ),
        Rule(
            "filter-returns-other-items",
            "Filter returns items that do not match",
            "Clients act on items that they did not ask for.",
            "Apply the documented filter to every item before paging.",
        ),
        Rule(
            "filter-misses-items",
            "Filter misses matching items",
            "Clients assume that items that are not returned do not exist.",
            "Check the condition of this filter: every item that matches must be found, even after a change.",
        ),
        Rule(
            "wrong-order",
            "Wrong order",
            "Clients rely on the order that they asked for.",
            "Sort by the documented field in the documented direction.",
        ),
        Rule(
            "pages-overlap",
            "Pages overlap",
            "Clients that read all pages get the same item twice.",
            "Sort all items in one stable order before paging. Let a cursor identify the last item of its page (keyset "
            "pagination), not a position: positions shift when items are created.",
        ),
        Rule(
            "pages-leave-out-items",
            "Pages leave out items",
            "Clients that read all pages miss items.",
            "Filter all items and sort them in one stable order before paging. Round the number of pages up: the last "
            "page may be incomplete.",
        ),
        Rule(
            "pages-never-end",
            "Pages never end",
            "Clients that follow the pages loop forever.",
            "Return no cursor on the last page.",
        ),
        Rule(
            "page-too-large",
            "Page larger than requested",
            "Clients reserve space for as many items as they asked for.",
            "Return at most as many items as the caller asks for.",
        ),
        Rule(
            "unstable-order",
            "Order differs between pages",
            "Items that move between pages are missed or read twice.",
            "Sort by something unique, such as the ID.",
        ),
        Rule(
            "wrong-total",
            "Wrong total or number of pages",
            "Clients compute the number of pages from the total. A total that includes other users' items also "
            "reveals data.",
            "Count only items that the caller may see and that match the filters; the number of pages is this total "
            "divided by the page size, rounded up, and every page but the last one links to the next one.",
        ),
        Rule(
            "update-changes-other-fields",
            "Update changes other fields",
            "A client that changes one field overwrites others.",
            "Change only the fields that the request names.",
        ),
        Rule(
            "update-changes-another-resource",
            "Update changes another resource",
            "Data of an unrelated resource is overwritten.",
            "Restrict the change to the resource in the path.",
        ),
        Rule(
            "replace-keeps-old-values",
            "PUT does not replace",
            "PUT replaces the whole resource (RFC 9110, section 9.3.4); otherwise clients cannot clear fields.",
            "Reset optional fields that the request leaves out, or offer PATCH instead.",
        ),
        Rule(
            "put-keeps-old-values",
            "PUT keeps values that are not sent",
            "PUT replaces the whole resource (RFC 9110, section 9.3.4), and clients expect that.",
            "Reset optional fields that the request leaves out, or document that PUT keeps them.",
            is_warning=True,
        ),
        Rule(
            "version-unchanged",
            "Version unchanged after an update",
            "Clients that compare versions or times overwrite each other's changes, or keep outdated data.",
            "Update the version and the modification time with every change.",
        ),
        Rule(
            "rejected-request-changes-data",
            "Rejected request changes data",
            "The caller assumes that nothing has changed.",
            "Check permissions, conditions and the whole body before anything is stored.",
        ),
        Rule(
            "stale-write-accepted",
            "Stale update accepted",
            "Clients overwrite each other's changes unnoticed.",
            "Compare If-Match (or the version) with the current state, and return 412 if they differ.",
        ),
        Rule(
            "etag-unchanged",
            "ETag does not follow the content",
            "Caches serve old content, and lost updates go unnoticed.",
            "Derive the ETag from the content that is returned, and return the new one after a change.",
        ),
        Rule(
            "conditional-read-ignored",
            "Wrong response to If-None-Match",
            "Caches download unchanged content again, or keep outdated content.",
            "Return 304 for the current ETag, and the content for any other.",
        ),
        Rule(
            "idempotency-key-ignored",
            "Idempotency key handled incorrectly",
            "A client that retries after a timeout creates, or pays, twice.",
            "Store the first response by caller and key, and return it again for the same request only.",
        ),
        Rule(
            "delete-removes-another-resource",
            "DELETE removes another resource",
            "Data is lost although no request deleted it.",
            "Delete only the resource in the path.",
        ),
        Rule(
            "restored-resource-differs",
            "Restored resource differs",
            "Restoring does not return the original data.",
            "Restore every field, and list the resource again.",
        ),
        Rule(
            "method-override-effective",
            "Method override takes effect",
            "Proxies, firewalls and permission checks see a different method from the one that the server executes.",
            "Ignore X-HTTP-Method-Override, X-HTTP-Method, X-Method-Override and _method, or document them.",
        ),
        Rule(
            "read-only-credential-writes",
            "Read-only credential can write",
            "Credentials issued for reading can change data.",
            "Check the permission of every operation that writes.",
        ),
        Rule(
            "schemathesis-check",
            "Your Schemathesis check failed",
            "Your own Schemathesis hooks registered this check.",
            "Read the message of the check, and fix what it reports.",
        ),
        Rule(
            "undocumented-method-accepted",
            "Undocumented method accepted",
            "A successful request with an undocumented method may have changed data.",
            "Return 405 with an Allow header.",
        ),
        Rule(
            "unexpected-method-status",
            "Wrong status for an unsupported method",
            "404 means a missing resource; 405 means an unsupported method.",
            "Return 405 with an Allow header, or deny the caller.",
        ),
        Rule(
            "unsupported-method-not-found",
            "404 for an unsupported method",
            "404 means a missing resource; 405 means an unsupported method.",
            "Return 405 with an Allow header.",
            is_warning=True,
        ),
        Rule(
            "incomplete-allow-header",
            "Incomplete Allow header",
            "Clients that read Allow do not learn about all documented methods.",
            "List every method of the path in Allow; some frameworks list those of one route only.",
            is_warning=True,
        ),
        Rule(
            "undocumented-status-code",
            "Undocumented status code",
            "Generated clients cannot handle a status that is not in the contract.",
            "Return a documented status, or document this one if the contract is incomplete.",
        ),
        Rule(
            "invalid-response-header",
            "Response header violates the contract",
            "Clients rely on documented headers.",
            "Send the header as documented, or update the contract.",
        ),
        Rule(
            "missing-http-header",
            "Missing or invalid HTTP header",
            "A 405 must list the allowed methods, and clients cannot read dates and ETags in other formats.",
            "Send the header as RFC 9110 specifies it.",
        ),
        Rule(
            "missing-challenge",
            "401 without WWW-Authenticate",
            "RFC 9110 requires this header, because it tells clients how to authenticate. Many frameworks omit it.",
            "Send WWW-Authenticate with every 401: `Bearer`, or the scheme that the server expects.",
            is_warning=True,
        ),
        Rule(
            "cacheable-for-others",
            "Shared caches may serve the response to others",
            "A proxy gives one caller's data to the next, without asking for credentials (RFC 9111, section 3.5).",
            "Send `Cache-Control: private` or `no-store`, or `Vary: Authorization`.",
        ),
        Rule(
            "cross-origin-credentials",
            "Any site can read data with the user's credentials",
            "Pages on any site can read everything that the visitor's browser is allowed to read.",
            "Allow credentials for a fixed list of origins only; never for `*`, and never copy Origin unchecked.",
            is_warning=True,
        ),
        Rule(
            "duplicate-header",
            "Duplicate header",
            "Two recipients may use different values.",
            "Send the header once.",
        ),
        Rule(
            "undocumented-content-type",
            "Undocumented Content-Type",
            "Clients choose a parser by Content-Type.",
            "Send the documented Content-Type that matches the body.",
        ),
        Rule(
            "wrong-charset",
            "Wrong charset",
            "JSON is UTF-8 (RFC 8259); any other charset garbles non-ASCII characters.",
            "Send UTF-8, and name no other charset in Content-Type.",
        ),
        Rule(
            "unexpected-content-encoding",
            "Unexpected Content-Encoding",
            "Clients cannot decode an encoding that they did not accept.",
            "Use an encoding that Accept-Encoding allows (`q=0` forbids one), and encode the body accordingly.",
        ),
        Rule(
            "invalid-json",
            "Invalid JSON",
            "Strict parsers reject it.",
            "Write JSON with a library. The text must not contain comments, NaN, a byte order mark, duplicate names, "
            "or anything after the end.",
        ),
        Rule(
            "missing-body",
            "Missing body",
            "A client that parses an empty body as JSON fails.",
            "Send the documented body.",
        ),
        Rule(
            "content-type-without-body",
            "Content-Type without a body",
            "Clients that parse the body by its Content-Type fail: an empty body is not valid JSON.",
            "Leave Content-Type out where there is no body, or send JSON.",
            is_warning=True,
        ),
        Rule(
            "undocumented-body",
            "Undocumented body",
            "Generated clients ignore a body that the contract does not describe.",
            "Add `content` with a schema to the documented response.",
            is_warning=True,
        ),
        Rule(
            "schema-violation",
            "Response violates schema",
            "Typed clients reject or misread it.",
            "Fix the response, or update the schema at this location.",
        ),
        Rule(
            "fractional-integer",
            "Integer written with a fraction or an exponent",
            "Strict parsers read 1.0 as a fraction and reject it.",
            "Write integers as digits only: 100, not 100.0 or 1e2.",
        ),
        Rule(
            "invariant-violation",
            "Response does not match the request",
            "Clients trust a valid response, even if it is about another resource.",
            "Return data about the requested resource, so that the relation at this location holds.",
        ),
        Rule(
            "wrong-problem-status",
            "Problem details with another status",
            "Clients that read the error body handle a different error from the one that occurred (RFC 9457).",
            "Write the status of the response into the body, in the error handler that all errors share.",
        ),
        Rule(
            "duplicate-identity",
            "Different resources share an identifier",
            "Caches overwrite one with the other.",
            "Give each resource its own identifier, and check whether the server returns the same response for every "
            "ID.",
        ),
        Rule(
            "inconsistent-response",
            "Repeated request gets a different response",
            "Clients cannot rely on a value that differs although nothing changed in between.",
            "Find out why the value differs. If that is intended, declare the field volatile "
            "(x-flowcontract-volatile).",
        ),
        Rule(
            "undocumented-input-effect",
            "Undocumented input changes the response",
            "Proxies, browsers and caches add such input to any request.",
            "Ignore undocumented input, or document it. Remove debugging switches.",
        ),
        Rule(
            "forwarded-host-trusted",
            "Links follow X-Forwarded-Host",
            "Behind a proxy that sets this header, this is correct. Without such a proxy, callers choose where links "
            "lead.",
            "Accept X-Forwarded-Host from your own proxy only.",
            is_warning=True,
        ),
        Rule(
            "head-get-mismatch",
            "HEAD differs from GET",
            "Monitors and caches send HEAD and rely on the same headers as those of GET.",
            "Handle HEAD like GET: the same status and headers, without a body.",
        ),
        Rule(
            "information-disclosure",
            "Response discloses internals",
            "Stack traces, file paths and queries only help attackers.",
            "Log the details; return a fixed message.",
        ),
        Rule(
            "reflected-input",
            "Input injected into the response",
            "Attackers can set headers, run scripts in a browser, or run code in a template.",
            "Treat input as text: encode line breaks in headers and markup in HTML; never put input into a template.",
        ),
        Rule(
            "echoed-resource-id",
            "Error response repeats the resource ID",
            "Clients that display the message display whatever an attacker put into the URL.",
            "Return a fixed error message, without text from the request.",
            is_warning=True,
        ),
        Rule(
            "credential-leak",
            "Response contains credentials",
            "Responses are logged and cached, so the credentials end up in logs and caches.",
            "Remove the token from the response, and never copy request headers into one.",
        ),
        Rule(
            "lenient-credentials",
            "Malformed credentials accepted",
            "A proxy and the server behind it may interpret the credentials differently.",
            "Accept credentials in one header only, with one space after the scheme; reject everything else.",
            is_warning=True,
        ),
        Rule(
            "inconsistent-error-format",
            "Inconsistent error format",
            "A client that parses errors as JSON fails on an HTML page instead of showing the message.",
            "Return 405 in the format of the documented errors.",
            is_warning=True,
        ),
        Rule(
            "timing-side-channel",
            "Response time reveals which resources exist",
            "Unauthorized callers can measure which resource IDs exist.",
            "Check permissions before looking up the resource, so that the response takes the same time either way.",
        ),
    )
}
RULES: Mapping[str, Rule] = MappingProxyType(_RULES)
"""Every rule by its ID."""


def add(rule: Rule) -> None:
    """Add a rule of a user's module. Raises UsageError if another rule has its ID."""
    if _RULES.setdefault(rule.id, rule) != rule:
        raise UsageError(f"there is a rule {rule.id!r} already.", do="Choose another ID.")


def rule(name: str) -> Rule:
    """One rule by its ID."""
    return RULES[name]


_FIRST = (
    "server-error", "missing-authorization-check", "resource-of-another-user-accessible", "read-only-credential-writes",
    "credential-leak", "information-disclosure", "resource-enumeration", "schema-violation",
)  # fmt: skip
"""Rules whose findings reports show first: crashes, authorization, wrong data."""
_LAST = ("undocumented-status-code", "undocumented-body")
"""Rules whose findings reports show last: as a rule, the document is incomplete."""


def rank(name: str) -> int:
    """Where reports show the findings of a rule: those with lower ranks first."""
    if name in _FIRST:
        return _FIRST.index(name)
    return len(_FIRST) + (1 + _LAST.index(name) if name in _LAST else 0)


def sections() -> str:
    """The rules as Markdown, one heading each, for the documentation."""
    return "\n".join(
        f"## {entry.id}\n\n**{entry.title}** ({'warning' if entry.is_warning else 'failure'}). {entry.why}\n\n"
        f"How to fix it: {entry.advice}\n"
        for entry in RULES.values()
    )
