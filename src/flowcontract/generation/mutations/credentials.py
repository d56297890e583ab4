"""Cases about who asks: every way to have no right."""

from base64 import b64encode
from collections.abc import Iterator

from flowcontract.checks.probe import Probe
from flowcontract.generation.dictionary import ALPHABETS, PLAIN
from flowcontract.generation.mutations.operation_context import Deck, Nonce, kind
from flowcontract.generation.mutations.random_choice import Dice
from flowcontract.generation.probes.credentials import WRONG, places
from flowcontract.generation.request_builder import TOKEN, Credentials, good, header_of, prefix_of
from flowcontract.http.target import PASSWORD

_ALPHABETS = tuple(ALPHABETS)
_SCHEMES = ("Basic", "Token", "Digest", "ApiKey", "Negotiate", "JWT", "OAuth", "AWS4-HMAC-SHA256", "Hawk", "Mutual")
NAMES = ("token", "access_token", "api_key", "key", "auth", "authorization", "bearer", "session", "sessionid", "jwt")
_HEADERS = ("X-API-Key", "X-Auth-Token", "X-Token", "X-Access-Token", "Proxy-Authorization", "X-Authorization",
            "X-Forwarded-User", "Remote-User", "X-User", "X-Admin", "X-Internal", "X-Original-URL")  # fmt: skip
REASON = "a caller without the right is refused"


def _placed(deck: Deck, label: str, value: str, *, odd: bool = False) -> Credentials:
    where = good(deck.operation, value)
    return Credentials(label, REASON, where.headers, where.query, odd=odd)


def _in_header(deck: Deck) -> bool:
    scheme = deck.operation.security[0][0]
    return scheme.kind != "apiKey" or scheme.location == "header"


@kind(6, "caller")
def wrong_token(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A token that the server does not know."""
    token = dice.text(PLAIN, dice.below(60)) + nonce.text()
    return deck.refused(dice, _placed(deck, "wrong token", token), "credentials/wrong token")


@kind(5, "caller")
def odd_token(deck: Deck, dice: Dice, nonce: Nonce) -> Probe | None:
    """A token of any alphabet."""
    if not _in_header(deck):
        return None
    name = dice.pick(_ALPHABETS)
    letters = "".join(mark for mark in ALPHABETS[name] if mark not in "\r\n\0${}")
    token = dice.text(letters, dice.below(20)) + nonce.text(letters if len(letters) > 1 else PLAIN)
    return deck.refused(
        dice, _placed(deck, "odd token", token, odd=True), f"credentials/{name} token",
        "" if token.isascii() else "a non-ASCII token",
    )  # fmt: skip


@kind(4, "caller")
def token_with_more(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """The right token with something before, after or in its place's end."""
    mark = dice.text(PLAIN, dice.below(4)) + nonce.text()
    token = dice.pick(
        (TOKEN + mark, mark + TOKEN, "${FLOWCONTRACT_TOKEN%?}" + mark, TOKEN + "." + mark, TOKEN + "%00" + mark)
    )
    return deck.refused(dice, _placed(deck, "token with more", token), "credentials/token with more")


@kind(3, "caller")
def other_scheme(deck: Deck, dice: Dice, nonce: Nonce) -> Probe | None:
    """The right token under a scheme that the contract does not have."""
    scheme = deck.operation.security[0][0]
    if not _in_header(deck):
        return None
    name = dice.pick(_SCHEMES) if dice.below(2) else "X" + nonce.text(PLAIN[:26])
    if name.lower() == scheme.scheme:
        name = "X-" + name
    value = dice.pick(
        (TOKEN, b64encode(nonce.text().encode()).decode(), f'user="{nonce.text()}"', TOKEN + nonce.text())
    )
    value = value if nonce.text() in value or name.startswith("X") else f"{nonce.text()} {value}"
    caller = Credentials("other scheme", REASON, ((header_of(scheme), f"{name} {value}"),))
    return deck.refused(dice, caller, "credentials/other scheme")


@kind(4, "caller")
def misplaced(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """The right token where the contract does not look for it."""
    place = dice.pick(("query", "cookie", "header"))
    name = dice.pick(_HEADERS if place == "header" else NAMES)
    if (place, name.lower()) in places(deck.operation):
        place, name = "header", "X-" + nonce.text(PLAIN[:26])
    mark = nonce.text()
    if place == "query":
        caller = Credentials("token in the query", REASON, query=f"{name}={TOKEN}&n={mark}")
    elif place == "cookie":
        caller = Credentials("token in a cookie", REASON, (("Cookie", f"{name}={TOKEN}; n={mark}"),))
    else:
        caller = Credentials("token in another header", REASON, ((name, TOKEN), ("X-N", mark)))
    return deck.refused(dice, caller, f"credentials/{caller.label}")


def systematic(deck: Deck) -> Iterator[Probe]:
    """Each entry of the gate's matrix of credentials, for each known key."""
    if not deck.has("caller"):
        return
    dice = Dice(0, 1)
    scheme = deck.operation.security[0][0]
    words = ("", " ", "null", "undefined", "None", "true", "admin", "*", '""', "{}", "[]", "0", "-", "." * 3, "a.b.c",
             "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.AA", "' OR '1'='1",
             "k" * 1000, "k" * 5000)  # fmt: skip
    for _ in range(2 * len(deck.known)):
        for word in (*words, WRONG):
            caller = _placed(deck, "word", word, odd=len(word) > 999)
            yield deck.refused(dice, caller, "credentials/word for a token", "a very long token" if caller.odd else "")
        if _in_header(deck) and prefix_of(scheme):
            for name in _SCHEMES:
                if name.lower() != scheme.scheme:
                    header = ((header_of(scheme), f"{name} {TOKEN}"),)
                    yield deck.refused(dice, Credentials("other scheme", REASON, header), "credentials/other scheme")
            basic = ((header_of(scheme), f"Basic {PASSWORD}"),)
            if scheme.scheme != "basic":
                yield deck.refused(dice, Credentials("password", REASON, basic), "credentials/token as a password")
            yield deck.refused(dice, Credentials("none", REASON), "credentials/absent")
