"""IDs: slugs that are found although unknown, not found although known, or cause errors."""

import re
import unicodedata
from collections.abc import Callable
from difflib import get_close_matches
from urllib.parse import unquote

from .fault import KNOWN, LONGEST, OTHER, Forbids, fault, get, unknown
from .server import Ask, Server, ServerResponse, error, known_flows


def finding(name: str, about: str, fold: Callable[[str], str], shown: str, *, forbids: Forbids = "observed") -> None:
    """A lookup that reads the slug in another way: an unknown slug is looked up again as `fold` of it."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        answer = server(ask)
        return server(ask.about(fold(ask.key))) if answer.status == 404 and ask.key else answer

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    fault("IDs found", unknown(shown), by="unknown", forbids=forbids)(faulty)


def starting(key: str) -> str:
    """The first flow whose slug begins so."""
    return next((slug for slug in known_flows() if key and slug.startswith(key)), key)


def containing(key: str) -> str:
    """The first flow whose slug holds this."""
    return next((slug for slug in known_flows() if key in slug), key)


def like(key: str) -> str:
    """The first flow whose slug is like this, as SQL understands it."""
    pattern = re.escape(key).replace("%", ".*").replace("_", ".")
    return next((slug for slug in known_flows() if re.fullmatch(pattern, slug)), key)


def matching(key: str) -> str:
    """The first flow whose slug matches this as a regular expression."""
    try:
        return next((slug for slug in known_flows() if re.fullmatch(key, slug)), key)
    except re.error:
        return key


def numbered(key: str) -> str:
    slugs = list(known_flows())
    return slugs[int(key)] if re.fullmatch(r"[0-9]{1,2}", key) and int(key) < len(slugs) else key


def of_identifier(key: str) -> str:
    return next((slug for slug, flow in known_flows().items() if flow["pk"] == key), key)


def folded(key: str) -> str:
    return next((slug for slug in known_flows() if slug.lower() == key.lower()), key)


def hyphens(key: str) -> str:
    return next((slug for slug in known_flows() if slug.replace("-", "_") == key.replace("-", "_")), key)


def nearest(key: str) -> str:
    return next(iter(get_close_matches(key, known_flows(), n=1, cutoff=0.95)), key)


PK = "44212e41-f29b-444d-906d-343d3374e321"

finding("case-is-not-looked-at", "Slugs are case-insensitive.", folded, KNOWN.upper())
finding(
    "capital-first-is-found",
    "The first letter of a slug is case-insensitive.",
    lambda key: key[0].lower() + key[1:],
    KNOWN.capitalize(),
)
finding("beginning-is-found", "The beginning of a slug is enough.", starting, KNOWN[:-1])
finding("part-is-found", "Any part of a slug is enough.", containing, KNOWN[3:-3])
finding(
    "extension-is-found",
    "Characters after a slug are ignored.",
    lambda key: next((slug for slug in known_flows() if len(slug) > 3 and key.startswith(slug)), key),
    KNOWN + "x",
)
finding("spaces-are-trimmed", "Spaces around a slug are removed.", str.strip, f"{KNOWN} ")
finding("leading-space-is-trimmed", "Spaces before a slug are removed.", lambda key: key.lstrip(" "), f" {KNOWN}")
finding("line-end-is-trimmed", "Line breaks after a slug are removed.", lambda key: key.rstrip("\r\n"), f"{KNOWN}\n")
finding("nul-cuts", "A slug ends at a NUL, as in C.", lambda key: key.partition("\0")[0], f"{KNOWN}\0x")
finding(
    "control-characters-are-dropped",
    "Control characters in a slug are removed.",
    lambda key: "".join(c for c in key if c.isprintable()),
    f"{KNOWN}\x07",
)
finding(
    "non-ascii-is-dropped",
    "Non-ASCII characters in a slug are removed.",
    lambda key: key.encode("ascii", "ignore").decode(),
    f"{KNOWN}é",
)
finding(
    "compatible-letters-are-folded",
    "Full-width letters in a slug are converted to ASCII.",
    lambda key: unicodedata.normalize("NFKC", key),
    "\uff44" + KNOWN[1:],
)
finding(
    "accents-are-dropped",
    "Accents in a slug are ignored.",
    lambda key: "".join(c for c in unicodedata.normalize("NFD", key) if not unicodedata.combining(c)),
    KNOWN.replace("e", "é"),
)
finding(
    "long-s-is-s",
    "Slugs are compared with full case folding.",
    lambda key: key.casefold(),
    "default-\u017fource-enrollment",
)
finding("decoded-twice", "A slug is decoded twice.", unquote, KNOWN.replace("-", "%2D"))
finding("hyphens-are-underscores", "Underscores and hyphens in a slug are the same.", hyphens, KNOWN.replace("-", "_"))
finding(
    "spaces-are-hyphens",
    "Spaces in a slug are converted to hyphens.",
    lambda key: key.strip().replace(" ", "-"),
    KNOWN.replace("-", " "),
)
finding(
    "plus-is-space",
    "A plus sign in a slug is read as a space and removed.",
    lambda key: key.replace("+", " ").strip(),
    f"{KNOWN}+",
)
finding("sql-wildcards", "A slug is looked up with LIKE.", like, "default-source-enr%")
finding(
    "sql-any-character",
    "A slug is looked up with LIKE, where `_` matches any character.",
    lambda key: like(key) if "_" in key else key,
    KNOWN.replace("u", "_"),
)
finding(
    "sql-injection",
    "A slug is open to SQL injection.",
    lambda key: OTHER if "'" in key and " or " in key.lower() else key,
    "' OR '1'='1",
)
finding("pattern-is-followed", "A slug is used as a regular expression.", matching, ".*")
finding("star-is-any", "A star matches any slug.", lambda key: OTHER if "*" in key else key, "*")
finding(
    "dots-are-cut",
    "A dot and what follows it, such as `.json`, are cut off.",
    lambda key: key.partition(".")[0],
    f"{KNOWN}.json",
)
finding(
    "parameters-are-cut",
    "A semicolon and what follows it are cut off.",
    lambda key: key.partition(";")[0],
    f"{KNOWN};v=1",
)
finding("last-slash-is-trimmed", "An encoded slash after a slug is removed.", lambda key: key.rstrip("/"), f"{KNOWN}/")
finding("tab-is-trimmed", "A tab after a slug is removed.", lambda key: key.rstrip("\t"), f"{KNOWN}\t")
finding("typo-is-forgiven", "A slug with one wrong letter finds the closest match.", nearest, KNOWN[:-1] + "x")
finding(
    "question-mark-is-cut",
    "An encoded question mark and what follows it are cut off.",
    lambda key: key.partition("?")[0],
    f"{KNOWN}?x",
)
finding(
    "hash-is-cut", "An encoded `#` and what follows it are cut off.", lambda key: key.partition("#")[0], f"{KNOWN}#x"
)
finding(
    "comma-list",
    "Of several slugs with commas, the first is found.",
    lambda key: key.partition(",")[0],
    f"{KNOWN},{OTHER}",
)
finding(
    "slash-is-followed",
    "Only what follows the last encoded slash counts.",
    lambda key: key.rpartition("/")[2],
    f"x/{KNOWN}",
)
finding(
    "dots-are-followed", "Encoded dots (`x/../`) are resolved.", lambda key: key.rpartition("../")[2], f"x/../{KNOWN}"
)
finding(
    "backslash-is-slash",
    "Only what follows the last backslash counts.",
    lambda key: key.rpartition("\\")[2],
    f"x\\{KNOWN}",
)
finding("identifier-is-found", "A flow is also found by its UUID.", of_identifier, PK)
finding("number-is-found", "A flow is also found by its position.", numbered, "7")
finding(
    "null-is-a-flow",
    "The slug `null` finds a flow.",
    lambda key: OTHER if key in ("null", "undefined", "None") else key,
    "null",
)
finding(
    "default-is-a-flow",
    "The slug `default` finds a flow.",
    lambda key: OTHER if key in ("default", "me", "self", "current") else key,
    "default",
)
finding("longer-is-cut", "A slug of more than 50 characters is truncated.", lambda key: key[:50], LONGEST + "f")
finding("quotes-are-taken-off", "Quotes around a slug are removed.", lambda key: key.strip("\"'"), f'"{KNOWN}"')
finding(
    "zero-width-is-dropped",
    "Invisible characters in a slug are removed.",
    lambda key: re.sub("[\u200b-\u200f\ufeff]", "", key),
    f"{KNOWN}\u200b",
)
finding(
    "right-to-left-is-dropped",
    "Direction marks around a slug are removed.",
    lambda key: key.strip("\u202e\u202a\u200f"),
    f"\u202e{KNOWN}",
)


def losing(name: str, about: str, lost: Callable[[str], bool], shown: str) -> None:
    """A slug that the pattern allows and that is not found."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        return server(ask.about("no-such-flow")) if ask.key and lost(ask.key) else server(ask)

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    fault("IDs lost", get(shown), by="known", forbids="observed")(faulty)


losing("short-slugs-are-lost", "A slug of one letter is not found.", lambda key: len(key) < 2, "A")
losing("long-slugs-are-lost", "A slug of 50 characters is not found.", lambda key: len(key) > 49, LONGEST)
losing("zero-is-lost", "The slug `0` is not found.", lambda key: key == "0", "0")
losing("underscores-are-lost", "A slug with an underscore is not found.", lambda key: "_" in key, "_")
losing(
    "capitals-are-lost",
    "A slug with upper-case letters is not found.",
    lambda key: key != key.lower(),
    "Default-Source-Enrollment",
)
losing(
    "leading-hyphen-is-lost",
    "A slug that begins with a hyphen is not found.",
    lambda key: key.startswith("-"),
    "-Mixed_Case-2",
)
losing(
    "digits-are-lost", "A slug with digits is not found.", lambda key: any(c.isdigit() for c in key), "-Mixed_Case-2"
)


@fault("IDs lost", get("Default-Source-Enrollment"), by="relation", forbids="observed")
def slugs_in_lower_case(server: Server, ask: Ask) -> ServerResponse:
    """Slugs are converted to lower case, so one flow hides another."""
    return (
        server(ask.about(ask.key.lower()))
        if ask.key and server(ask.about(ask.key.lower())).status == 200
        else server(ask)
    )


def breaking(name: str, about: str, breaks: Callable[[str], bool], shown: str) -> None:
    """A slug that makes the server fail."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        fails = ask.key is not None and server.allows(ask) and breaks(ask.key)
        return error(500, "Internal error.") if fails else server(ask)

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    fault("IDs that break", unknown(shown), by="status")(faulty)


breaking("nul-is-500", "A NUL in a slug causes a 500.", lambda key: "\0" in key, "\0")
breaking("line-feed-is-500", "A line feed in a slug causes a 500.", lambda key: "\n" in key, "x\r\ny")
breaking("quote-is-500", "A quote in a slug causes a 500.", lambda key: "'" in key, "x'y")
breaking("double-quote-is-500", "A double quote in a slug causes a 500.", lambda key: '"' in key, 'x"y')
breaking("backslash-is-500", "A backslash in a slug causes a 500.", lambda key: "\\" in key, "x\\y")
breaking("percent-is-500", "A percent sign in a slug causes a 500.", lambda key: "%" in key, "100%")
breaking("format-is-500", "A format string in a slug causes a 500.", lambda key: "%s" in key or "{" in key, "{0}%s")
breaking(
    "emoji-is-500",
    "An emoji in a slug causes a 500.",
    lambda key: any(ord(c) > 0xFFFF for c in key),
    "😀",
)
breaking(
    "non-ascii-is-500",
    "A non-ASCII letter in a slug causes a 500.",
    lambda key: any(0x7F < ord(c) < 0xD800 for c in key),
    "é",
)
breaking(
    "bad-utf-8-is-500",
    "Invalid UTF-8 in a slug causes a 500.",
    lambda key: any(0xDC80 <= ord(c) <= 0xDCFF for c in key),
    "\udcff",
)
breaking(
    "right-to-left-is-500",
    "Right-to-left letters in a slug cause a 500.",
    lambda key: any(unicodedata.bidirectional(c) in ("R", "AL", "RLO") for c in key),
    "\u202eشرق",
)
breaking(
    "combining-is-500",
    "A combining mark in a slug causes a 500.",
    lambda key: any(unicodedata.combining(c) for c in key),
    "e\u0301",
)
breaking("space-is-500", "A space in a slug causes a 500.", lambda key: " " in key, "a b")
breaking("dot-is-500", "A dot in a slug causes a 500.", lambda key: "." in key, "a.b")
breaking("slash-is-500", "An encoded slash in a slug causes a 500.", lambda key: "/" in key, "a/b")
breaking("semicolon-is-500", "A semicolon in a slug causes a 500.", lambda key: ";" in key, "a;b")
breaking("markup-is-500", "Markup in a slug causes a 500.", lambda key: "<" in key, "<b>")
breaking("shell-is-500", "A dollar sign in a slug causes a 500.", lambda key: "$" in key, "${x}")
breaking(
    "one-letter-is-500",
    "An unknown slug of one letter causes a 500.",
    lambda key: len(key) == 1 and key not in known_flows(),
    "q",
)
breaking("fifty-one-is-500", "A slug of more than 50 characters causes a 500.", lambda key: len(key) > 50, "x" * 51)
breaking("sixty-four-is-500", "A slug of 64 or more characters causes a 500.", lambda key: len(key) >= 64, "x" * 64)
breaking(
    "two-hundred-fifty-six-is-500",
    "A slug of 256 or more characters causes a 500.",
    lambda key: len(key) > 255,
    "x" * 256,
)
breaking(
    "thousand-is-500",
    "A slug of 1000 or more characters causes a 500.",
    lambda key: len(key) >= 1000,
    "x" * 1024,
)
breaking(
    "four-thousand-is-500", "A slug of more than 4000 characters causes a 500.", lambda key: len(key) > 4000, "x" * 8000
)
breaking("null-word-is-500", "The slug `null` causes a 500.", lambda key: key in ("null", "undefined"), "null")
breaking(
    "digits-are-500",
    "An unknown slug of digits causes a 500.",
    lambda key: key.isdigit() and key not in known_flows(),
    "123456789012345678901",
)
breaking(
    "hyphen-alone-is-500",
    "An unknown slug that begins with a hyphen causes a 500.",
    lambda key: key.startswith("-") and key not in known_flows(),
    "-1",
)
breaking(
    "proto-is-500",
    "The slug `__proto__` causes a 500.",
    lambda key: key in ("__proto__", "constructor"),
    "__proto__",
)


@fault("IDs that break", unknown("x" * 300), by="unknown", forbids="observed")
def too_long_is_html(server: Server, ask: Ask) -> ServerResponse:
    """A slug of more than 200 characters gets a 414 as an HTML page."""
    page = (("Content-Type", "text/html"),)
    return ServerResponse(414, b"<h1>URI Too Long</h1>", page) if len(ask.key or "") > 200 else server(ask)


@fault("IDs that break", unknown("x" * 51), by="unknown", forbids="observed")
def fifty_one_is_400(server: Server, ask: Ask) -> ServerResponse:
    """A slug of more than 50 characters gets a 400 in plain text."""
    text = (("Content-Type", "text/plain"),)
    return (
        ServerResponse(400, b"slug too long", text) if len(ask.key or "") > 50 and server.allows(ask) else server(ask)
    )


@fault("IDs found", get(), get("default-invalidation-flow"), by="relation", forbids="observed", by_input=False)
def same_length_same_flow(server: Server, ask: Ask) -> ServerResponse:
    """Flows are cached by the length of their slug, so the first one hides the others."""
    kept = server.memory.setdefault("kept", {})
    answer = server(ask)
    if answer.status != 200:
        return answer
    first: ServerResponse = kept.setdefault(len(ask.key or ""), answer)
    return first


EMPTY = "/api/v3/flows/instances//"


@fault("IDs found", get(path=EMPTY), by="unknown", forbids="rules")
def empty_slug_is_a_flow(server: Server, ask: Ask) -> ServerResponse:
    """An empty slug finds a flow."""
    return server(ask.about(OTHER)) if ask.path == EMPTY else server(ask)


@fault("IDs that break", get(path=EMPTY), by="status", forbids="rules")
def empty_slug_is_500(server: Server, ask: Ask) -> ServerResponse:
    """An empty slug causes a 500."""
    return error(500, "Internal error.") if ask.path == EMPTY else server(ask)
