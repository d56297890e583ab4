"""Replace the caller's credentials in texts from outside by their shell expressions, in whatever encoding they occur.

Servers repeat what they were sent: in an error page (HTML), in JSON with escapes, in a URL, in base64. They also repeat
what probes made of it: the token without its last character, in upper and in lower case.
"""

import re
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import chain, count, product
from string import ascii_uppercase

from flowcontract.http import content_coding, credentials, secret_detection
from flowcontract.http.messages import Exchange

_SHORT = 8
"""Shorter credentials, in characters, may also be part of ordinary words: they are replaced as a whole word only."""
_PHRASE = 16
"""Characters of a text of letters alone that occurs nowhere by chance."""
_RUN = re.compile(r"[A-Za-z0-9]+")
_BREAKS = r"(?:[\r\n]|\\[rn])*"
"""Line breaks within base64 (RFC 2045, 6.8), also as JSON has them."""
_NAMED_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos", "/": "sol", "+": "plus", "=": "equals"}


class _Secret:
    """One credential in all its encodings."""

    def __init__(self, value: str, expression: str) -> None:
        self.value = value
        self._expression = expression
        self._is_word = len(value) < _SHORT
        self._runs = max((run.lower() for run in _RUN.findall(value)), key=len, default="")
        """Its longest run of letters and digits: an encoding that keeps these contains it."""
        self._encoded_start = tuple(
            each.lower() for case in {value[0], *_cases(value[0])} for each in _encodings(case)[1:]
        )
        """An encoding that changes every character begins with one of these."""
        self._altered = value[:-1] if not self._is_word and _is_distinctive(value[:-1]) else ""
        fragments = dict.fromkeys(_fragments_of_bytes(value, self._altered))
        self._fragments = tuple(_OfBytes(fragment, f"${{{expression}}}") for fragment in fragments)

    def is_in(self, text: str, lower: str, joined: str) -> bool:
        """Whether a text may contain it, which is quick to check.

        `lower`: the text in lower case; `joined`: without line breaks.
        """
        return (
            self._runs in lower
            or any(start in lower for start in self._encoded_start)
            or any(fragment.is_in(text, joined) for fragment in self._fragments)
        )

    def replaced_in(self, text: str) -> str:
        """The text with a shell expression for each occurrence."""
        text = self._pattern.sub(lambda _: f"${{{self._expression}}}", text)
        if self._altered:
            text = self._altered_pattern.sub(self._altered_expression, text)
        for fragment in self._fragments:
            text = fragment.replaced_in(text)
        return text

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """The value, each character in any encoding; a short one as a whole word."""
        pattern = _any_encoding(self.value)
        return re.compile(rf"(?<![\w-]){pattern}(?![\w-])" if self._is_word else pattern)

    @cached_property
    def _altered_pattern(self) -> re.Pattern[str]:
        """The value in any letters, with or without its last character, in any encoding."""
        return re.compile(f"(?i:{_any_encoding(self._altered, _cases)}(?:{_any_encoding(self.value[-1], _cases)})?)")

    def _altered_expression(self, match: re.Match[str]) -> str:
        for change in ("", "%?", "^^", ",,"):
            expression = f"${{{self._expression}{change}}}"
            plain = {"": self.value, "%?": self.value[:-1], "^^": self.value.upper(), ",,": self.value.lower()}[change]
            if match[0] == plain:
                return expression
        return f"${{{self._expression}}}"


class _OfBytes:
    """A credential in base64 or hexadecimal digits, which may be split over lines.

    `+`, `/` and `=` may be encoded once more.
    """

    def __init__(self, text: str, expression: str) -> None:
        self._run = max(_RUN.findall(text), key=len, default="")
        """What any encoding keeps."""
        self._text = text
        self._expression = expression

    def is_in(self, text: str, joined: str) -> bool:
        """Whether a text may contain it; `joined`: the text without line breaks."""
        return self._run in text or self._run in joined

    def replaced_in(self, text: str) -> str:
        """The text with a shell expression for each occurrence."""
        return self._pattern.sub(lambda _: self._expression, text) if self.is_in(text, _joined(text)) else text

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(_BREAKS.join(each if each.isalnum() else _any_encoding(each) for each in self._text))


class TextRedaction(ABC):
    """Replaces secrets in texts, and so in exchanges."""

    @abstractmethod
    def is_in(self, text: str) -> bool:
        """Whether a text may contain secrets; quick, and rarely wrong."""

    @abstractmethod
    def text(self, text: str) -> str:
        """The text without secrets."""

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange with no secrets in its response: headers, body, and bytes after it."""
        response = exchange.response
        if response is None:
            return exchange
        headers = response.headers
        if self.is_in("\n".join([value for _, value in headers])):
            headers = tuple((name, self.text(value)) for name, value in headers)
        body = self._body(response.body, response.header("Content-Encoding"))
        surplus = self._bytes(response.surplus)
        if (headers, body, surplus) == (response.headers, response.body, response.surplus):
            return exchange
        return replace(exchange, response=replace(response, headers=headers, body=body, surplus=surplus))

    def _body(self, body: bytes, coding: str | None) -> bytes:
        """A body without secrets, in the same content coding; one that cannot be decoded is searched as it is."""
        content = content_coding.decoded(body, coding) if coding and body else None
        if content is None:
            return self._bytes(body)
        clean = self._bytes(content)
        return body if clean == content else content_coding.encoded(clean, coding)

    def _bytes(self, content: bytes) -> bytes:
        if not content or not self.is_in(text := content.decode("latin-1")):
            return content
        return self.text(text).encode("latin-1", "replace")


class CredentialRedaction(TextRedaction):
    """Replaces the credentials of a target by their shell expressions."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        """`tokens`: values by variable name."""
        self._secrets = sorted(
            (_Secret(value, expression) for expression, value in _secrets(tokens)), key=lambda each: -len(each.value)
        )
        self._basic = tuple(_basic(tokens))

    def is_in(self, text: str) -> bool:
        """Whether a text may contain credentials."""
        lower, joined = text.lower(), _joined(text)
        return any(encoded.is_in(text, joined) for encoded in self._basic) or any(
            secret.is_in(text, lower, joined) for secret in self._secrets
        )

    def text(self, text: str) -> str:
        """The text with shell expressions in place of credentials."""
        for encoded in self._basic:
            text = encoded.replaced_in(text)
        lower, joined = text.lower(), _joined(text)
        for secret in self._secrets:
            if secret.is_in(text, lower, joined):
                text = secret.replaced_in(text)
                lower, joined = text.lower(), _joined(text)
        return text


class Literals(TextRedaction):
    """Replaces given texts by the shell expression of a token each: as they are, credentials in every encoding."""

    def __init__(self, secrets: Iterable[str], credentials: Iterable[str] = ()) -> None:
        names = (f"_{''.join(letters)}" for size in count(1) for letters in product(ascii_uppercase, repeat=size))
        credentials = dict.fromkeys(credentials)
        marks = dict(zip(dict.fromkeys((*credentials, *secrets)), chain([""], names), strict=False))
        self._credentials = of({f"FLOWCONTRACT_TOKEN{marks[each]}": each for each in credentials})
        self._marks = sorted(((each, f"${{FLOWCONTRACT_TOKEN{name}}}") for each, name in marks.items()), key=_by_length)

    def is_in(self, text: str) -> bool:
        """Whether a text contains one of them."""
        return any(secret in text for secret, _ in self._marks) or self._credentials.is_in(text)

    def text(self, text: str) -> str:
        """The text with a shell expression in place of each."""
        for secret, mark in self._marks:
            if len(secret) >= _SHORT:
                text = text.replace(secret, mark)
            elif secret in text:
                text = re.sub(rf"(?<![\w-]){re.escape(secret)}(?![\w-])", mark, text)
        return self._credentials.text(text)


def _by_length(pair: tuple[str, str]) -> int:
    return -len(pair[0])


def of(tokens: Mapping[str, str]) -> CredentialRedaction:
    """The redaction of these credentials, kept for the next use."""
    return _of(tuple(tokens.items()))


@lru_cache(32)
def _of(tokens: tuple[tuple[str, str], ...]) -> CredentialRedaction:
    return CredentialRedaction(dict(tokens))


def _basic(tokens: Mapping[str, str]) -> Iterator[_OfBytes]:
    """Credentials of HTTP Basic as they are sent."""
    for name, user, expression in (
        (credentials.AUTH, "", credentials.BASIC),
        (credentials.PROXY_AUTH, "", credentials.BASIC.replace(credentials.AUTH, credentials.PROXY_AUTH)),
        (credentials.TOKEN, "flowcontract:", credentials.PASSWORD),
    ):
        if value := tokens.get(name):
            yield _OfBytes(credentials.as_base64(user + value), expression)
    if cut := tokens.get(credentials.AUTH, "")[:-1]:
        yield _OfBytes(credentials.as_base64(cut), credentials.CUT_BASIC)


def _secrets(tokens: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is secret, and the expression between `${` and `}` for it."""
    for name, value in tokens.items():
        if not value:
            continue
        yield name, value
        if name in (credentials.AUTH, credentials.PROXY_AUTH):
            user, _, password = value.partition(":")
            # A password such as `admin` is also the name of a role, and `password` that of a member.
            is_word = password.isalpha() and (len(password) < _SHORT or secret_detection.is_secret(password))
            if password != user and not is_word:
                yield f"{name}#*:", password
        elif name.startswith("FLOWCONTRACT_HEADER_"):
            # A scheme and its token, or several cookies: a server repeats the one it is about.
            for part in re.split(r"[;,\s]+", value):
                each = part.partition("=")[2] or part
                if len(each) >= _SHORT and each != value:
                    yield name, each


def _joined(text: str) -> str:
    """A text without line breaks, those of JSON included."""
    for line_break in ("\r", "\n", "\\r", "\\n"):
        text = text.replace(line_break, "")
    return text


def _is_distinctive(text: str) -> bool:
    """Whether a text is nothing that occurs by chance: letters and digits, or long."""
    if len(text) >= _PHRASE:
        return True
    return len(text) >= _SHORT - 1 and re.search(r"\d", text) is not None and re.search("[A-Za-z]", text) is not None


def _fragments_of_bytes(value: str, altered: str) -> Iterator[str]:
    """What the base64 or the hexadecimal digits of any text with the value, or an altered form of it, contain."""
    for plain in (value, *((altered, altered.upper(), altered.lower()) if altered else ())):
        raw = plain.encode("utf-8", "surrogatepass")
        if len(raw) < _SHORT:
            continue
        yield raw.hex()
        yield raw.hex().upper()
        for start in range(3):  # Base64 writes three bytes as four characters: the value begins at one of the three.
            written = b64encode(b"\0" * start + raw).decode()
            fragment = written[(start * 8 + 5) // 6 : (start + len(raw)) * 8 // 6]
            yield fragment
            yield fragment.replace("+", "-").replace("/", "_")


def _cases(character: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((character, character.upper(), character.lower())))


def _any_encoding(text: str, variants: Callable[[str], tuple[str, ...]] = tuple) -> str:
    """A regular expression for a text of which each character, or a variant of it, may be encoded."""
    alternatives = (dict.fromkeys(chain.from_iterable(map(_encodings, variants(character)))) for character in text)
    return "".join(f"(?:{'|'.join(map(re.escape, found))})" for found in alternatives)


@lru_cache(1024)
def _encodings(character: str) -> tuple[str, ...]:
    """A character as it is, and as URLs, JSON and HTML write it, also JSON and URLs within each other."""
    code = ord(character)
    raw = character.encode("utf-8", "surrogatepass")
    utf_16 = character.encode("utf-16-be", "surrogatepass").hex()
    units = [utf_16[start : start + 4] for start in range(0, len(utf_16), 4)]
    found = [character, raw.decode("latin-1")]
    for percent in ("%", "%25"):
        found += ["".join(f"{percent}{byte:02{case}}" for byte in raw) for case in "Xx"]
    for backslash in ("\\", "\\\\"):
        found += ["".join(f"{backslash}u{unit}" for unit in units), "".join(f"{backslash}u{u.upper()}" for u in units)]
        if character in '/"\\':
            found.append(backslash + character)
    if character == "\\":
        found.append("\\" * 4)
    if character == '"':
        found.append('\\\\\\"')
    found += [f"&#{code};", f"&#{code:02d};", f"&#x{code:x};", f"&#x{code:X};", f"&#{code:03d};", f"&#X{code:X};"]
    if character in _NAMED_ENTITIES:
        found += [f"&{_NAMED_ENTITIES[character]};", f"&amp;{_NAMED_ENTITIES[character]};"]
    if character == " ":
        found.append("+")
    # Longer ones first: a pattern takes the first that matches. The character itself is last, but for `_encodings[0]`.
    others = sorted({*found} - {character}, key=lambda each: (-len(each), each))
    return (character, *others)
