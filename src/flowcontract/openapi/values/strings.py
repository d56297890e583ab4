"""Strings that read like data: by format, by the name of the property, by pattern, else words.

Candidates are tried in order, the most telling first, until one is what the schema says.
"""

import base64
import re
import string
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from threading import local
from typing import Any, cast

import jsonschema_rs
from jsonschema_rs.canonical import StringView

from flowcontract.openapi.compiled_schemas import FORMATS
from flowcontract.openapi.values import nouns, patterns, plausible
from flowcontract.openapi.values.names import by_ending, singulars, words

MAX_LENGTH = 1_000_000
"""Characters of the longest string that is made."""
# A property of this name (its last words count: `billing_city`) reads best as what Faker makes of it.
_BY_NAME = {
    "address": "street_address",
    **dict.fromkeys(("address1", "address_line1", "address_line_1", "line1", "line_1"), "street_address"),
    **dict.fromkeys(("address2", "address_line2", "address_line_2", "line2", "line_2"), "secondary_address"),
    "api_key": "md5",
    "city": "city",
    "color": "hex_color",
    "colour": "hex_color",
    **dict.fromkeys(("bank_name", "brand", "company", "company_name"), "company"),
    **dict.fromkeys(("bic", "swift", "swift_code"), "swift11"),
    "country": "country",
    **dict.fromkeys(("bio", "comment", "description", "note", "notes", "text"), "sentence"),
    "domain": "domain_name",
    "email": "safe_email",
    "family_name": "last_name",
    "first_name": "first_name",
    "given_name": "first_name",
    "host": "hostname",
    "hostname": "hostname",
    "iban": "iban",
    "ip": "ipv4_private",
    "ip_address": "ipv4_private",
    **dict.fromkeys(("job_title", "occupation", "profession"), "job"),
    "last_name": "last_name",
    "postal_code": "postcode",
    "postcode": "postcode",
    "province": "state",
    "routing_number": "aba",
    "sha256": "sha256",
    "secret": "md5",
    "street": "street_name",
    "surname": "last_name",
    "token": "md5",
    "user_agent": "chrome",
    "user_name": "user_name",
    "username": "user_name",
    "zip": "postcode",
    "zip_code": "postcode",
    "zipcode": "postcode",
}
_LEXICON = """
able acorn amber anchor apple april arch arrow atlas autumn badge bamboo barn basket beach bell birch bloom blue board
boat bold bolt book brave bread breeze brick bridge bright brook brush cabin calm camp candle canyon card cedar chair
chalk cherry circle city clay clear cliff cloud clover coast coin copper coral corner cotton craft crane creek crisp
crown crystal curve daily dawn delta desert dune early earth east echo elm ember even fabric fair falcon farm feather
fern field final finch fir first flag flint flora flow forest fox frame fresh frost garden gentle glass globe gold
grain grand granite grape grass green grove guide harbor harvest hazel heath hill hollow home honey hope horizon
island ivory ivy jade jasmine june keen key lake lamp lantern large laurel leaf lemon level light lily linen lively
local loop lotus lucky lunar maple marble march marsh meadow mellow mesa mild mint mirror mist modern moon moss
mountain narrow native neat nest noble north oak oasis ocean olive open orchard orbit otter outer owl palm paper park
path pearl pebble pine planet plain pond poplar prairie prime quartz quick quiet rain rapid raven reef ridge river
robin rose round sage sand scarlet shore silent silver simple sky slate smooth snow solar south spark spring spruce
square star steady stone storm stream summer sun swift table tall tidal timber topaz tower trail tulip umber upper
urban valley velvet vine violet vivid warm water wave west wheat wide willow wind winter wise wood wren yellow young
"""
_WORDS = _LEXICON.split()
_AREAS = (
    *(201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 225, 228, 229, 231, 234),
    *(239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308),
    *(309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 334, 336, 337, 347, 352, 360, 361),
)
"""Area codes of telephones."""
_BIRTH = frozenset({"birth", "birthdate", "birthday", "born", "dob"})
"""Words of names of dates that lie further back."""
_COUNTRIES = ("AT", "CH", "DE", "DK", "ES", "FR", "GB", "IN", "IT", "JP", "NL", "SE", "US")
_COUNTRIES_OF_THREE_LETTERS = (
    "AUT",
    "CHE",
    "DEU",
    "DNK",
    "ESP",
    "FRA",
    "GBR",
    "IND",
    "ITA",
    "JPN",
    "NLD",
    "SWE",
    "USA",
)
"""Some codes of countries (ISO 3166-1)."""
_CURRENCIES = ("EUR", "USD", "GBP", "CHF", "JPY")
_threads = local()


def _faker() -> Any:
    """Faker's generator (its methods are added at run time), one per thread: making one takes 14 ms."""
    if not hasattr(_threads, "faker"):
        from faker import Faker  # Importing it takes 0.2 s, and most strings do without.

        # The one locale's generator: asking it directly is twice as fast as through the proxy of all locales.
        _threads.faker = Faker("en_US", use_weighting=False).factories[0]
    return _threads.faker


class Strings:
    """A source of strings that all follow from one seed."""

    def __init__(
        self,
        seed: int,
        today: date = plausible.TODAY,
        *,
        of_all: int = 0,
        decimals: Collection[str] = (),
    ) -> None:
        """`seed`: equal seeds give equal strings, in equal order of asking. `today`: the day after all moments.

        `of_all`: what chooses the values that all objects have in common. `decimals`: names of properties that are
        decimal numbers, as those are whose names end with them.
        """
        self._decimal_names = [words(each) for each in decimals]
        self.today = today
        self.of_all = of_all
        self.random = Random(seed)  # noqa: S311  data, not secrets
        self._seed = seed
        self._faker: Any = None

    def _fake(self, method: str) -> str:
        """What Faker makes of this kind."""
        if self._faker is None:
            self._faker = _faker()
            self._faker.seed_instance(self._seed)
        return str(getattr(self._faker, method)())

    def person(self) -> tuple[str, str]:
        """The first and the last name of a person."""
        return self._fake("first_name"), self._fake("last_name")

    def word(self) -> str:
        """One English word in lower case."""
        return self.random.choice(_WORDS)

    def sentence(self, words: int) -> str:
        """So many words, the first one capitalized, without a full stop."""
        random, count = self.random.random, len(_WORDS)
        return " ".join([_WORDS[int(random() * count)] for _ in range(words)]).capitalize()

    def free(self, name: str) -> str:
        """A string without any rule; `name` is the property it is for."""
        return next(self._named(name), None) or self.sentence(3) if name else self.sentence(3)

    def matches(self, pattern: str, text: str) -> bool:
        """Whether a text has a match of an ECMAScript pattern."""
        return pattern_matches(pattern, text)

    def matching(self, pattern: str, names: jsonschema_rs.CanonicalSchema | None) -> Iterator[str]:
        """Strings that match a pattern, and are among `names` where these are given."""
        for repeats in (4, 1, 0):
            text = patterns.sample(pattern, self.random, repeats)
            if text is not None and self.matches(pattern, text) and (names is None or _validator(names).is_valid(text)):
                yield text

    def fitting(self, schema: jsonschema_rs.CanonicalSchema, view: StringView, name: str) -> str | None:
        """A string that a canonical string schema admits; None where none was found."""
        shortest, longest = view.min_length or 0, view.max_length
        if shortest > MAX_LENGTH:
            return None
        bare = not (view.patterns or view.excluded or view.excluded_patterns or view.excluded_formats)
        is_usual = bare and len(view.formats) == 1 and (_BIRTH | plausible.IMAGES).isdisjoint(words(name))
        if is_usual and view.formats[0] in _BY_FORMAT:  # It is of the format: nothing to check.
            text = _BY_FORMAT[view.formats[0]](self)[0]
            if len(text) >= shortest and (longest is None or len(text) <= longest):
                return text
        admits: Callable[[str], bool] = (lambda _: True) if bare and not view.formats else _validator(schema).is_valid
        for candidate in self._candidates(view, name):
            for text in (candidate, _sized(candidate, shortest, longest)):
                if len(text) >= shortest and (longest is None or len(text) <= longest) and admits(text):
                    return text
        return None

    def _candidates(self, view: StringView, name: str) -> Iterator[str]:
        if "date" in view.formats and _BIRTH.intersection(words(name)):
            yield self.moment().date().replace(year=self.random.randint(1955, 2005)).isoformat()
        if "uri" in view.formats and plausible.IMAGES.intersection(words(name)):
            yield from self._named(name)
        for known in view.formats:
            yield from self._formatted(known)
        if (view.patterns or view.max_length) and words(name)[-1:] == ("country",):
            yield from self._named("country_code")
            yield self.random.choice(_COUNTRIES_OF_THREE_LETTERS)
        yield from self._named(name)
        if view.patterns and ("decimal" in view.formats or plausible.numbers(name)):
            yield from self._decimals(name)
        if not view.patterns and (view.min_length or 0) > 60:
            yield self.sentence(min(view.min_length or 60, 10_000) // 5)
        if _BY_FORMAT.keys().isdisjoint(view.formats):
            yield f"{self.word()}-{self.word()}" if view.patterns else self.sentence(3)
        yield from self._common(view)
        if view.patterns:
            yield from self._times_of_day()
        for pattern in view.patterns:
            yield from self._matching(pattern, view)

    def _named(self, name: str) -> Iterator[str]:
        own = words(name)
        if any(own[-len(each) :] == each for each in self._decimal_names):
            usual = plausible.numbers(name)
            yield self.decimal(usual if usual and usual.places else plausible.Range(1, 500, 2))
        made, method = _by_name(name)
        if made:
            yield made(self)
        elif not method and (usual := plausible.numbers(name)) and usual.places:
            yield self.decimal(usual)  # `hourly_rate`: what the numbers of that name are.
        if method == "sentence":
            yield f"{self.sentence(6)}."
        elif method:
            yield self._fake(method)

    def _common(self, view: StringView) -> Iterator[str]:
        """Shapes that most patterns ask for."""
        length = max(1, view.min_length or 0, min(8, view.max_length or 8))
        digits = "".join(self.random.choices(string.digits, k=length))
        yield from (self.word(), self.word().upper(), self.word().title())
        yield from (digits, "".join(self.random.choices("0123456789abcdef", k=length)), f"{self.word()} {self.word()}")
        yield from (f"{self.word()}.{self.word()}", f"/{self.word()}", f"/{self.word()}/", "1.2.3")
        yield f"{self.word().title()}-{digits}!"
        yield from self._decimals("")

    def _times_of_day(self) -> Iterator[str]:
        """Times with and without seconds, which no other text with a pattern for digits and colons can be."""
        hours, minutes = self.random.randint(7, 21), self.random.choice((0, 15, 30, 45))
        yield from (f"{hours:02}:{minutes:02}", f"{hours:02}:{minutes:02}:00")

    def _decimals(self, name: str) -> Iterator[str]:
        """Decimal numbers as text, the most telling first: prices and rates are often strings with a pattern."""
        found = plausible.numbers(name) or plausible.Range(1, 500, 2)
        whole = self.random.randint(max(found.low, 0), max(found.high - 1, 0))
        yield f"{whole}.{self.random.randint(0, 99):02}" if found.places else str(whole)
        yield from (f"{whole}.{self.random.randint(1, 9)}", str(whole), f"0.{self.random.randint(10, 99)}")

    def _matching(self, pattern: str, view: StringView) -> Iterator[str]:
        shortest = view.min_length or 0
        longest = shortest + 16 if view.max_length is None else view.max_length
        near = range(min(longest, 40), max(shortest - 40, -1), -1) if longest - shortest < 40 else ()
        for repeats in dict.fromkeys((8, shortest, longest, *near, 4, 3, 2, 1, 0)):
            for _ in range(3):
                text = patterns.sample(pattern, self.random, repeats)
                if text is None:
                    return
                yield text

    def _formatted(self, known: str) -> Iterator[str]:
        made = _BY_FORMAT.get(known)
        yield from made(self) if made else self._named(known)  # One of the author's own may be a name: `country-code`.

    def moment(self) -> datetime:
        """A moment in the year before today, in whole seconds."""
        return datetime.combine(self.today, time(tzinfo=UTC)) - timedelta(
            seconds=self.random.randrange(365 * 24 * 3600)
        )

    def instant(self) -> str:
        """Such a moment as RFC 3339 writes it."""
        return self.moment().isoformat().replace("+00:00", "Z")

    def amount(self) -> str:
        """A sum of money."""
        usual = plausible.numbers("amount") or plausible.Range(1, 500, 2)
        return f"{self.random.randint(usual.low, usual.high - 1)}.{self.random.randint(0, 99):02}"

    def decimal(self, usual: plausible.Range) -> str:
        """A decimal number of a range, with its decimal places."""
        fraction = self.random.randint(0, 10**usual.places - 1)
        return f"{self.random.randint(usual.low, usual.high - 1)}.{fraction:0{usual.places}}"

    def phone(self) -> str:
        """A number for fiction (North American Numbering Plan), as most patterns want it (E.164)."""
        return f"+1{self.random.choice(_AREAS)}55501{self.random.randint(0, 99):02}"

    def common(self, values: Sequence[Any]) -> Any:
        """The one of some values that all objects have, such as the currency of a shop."""
        return values[self.of_all % len(values)]

    def number(self, low: int, high: int) -> str:
        """A whole number."""
        return str(self.random.randint(low, high))

    def unit(self) -> str:
        """A unit of measurement."""
        return self.random.choice(("cm", "g", "kg", "ml", "mm"))

    def coordinate(self, most: int) -> str:
        """A latitude or longitude of at most so many degrees."""
        return f"{self.random.randint(-most * 10_000, most * 10_000) / 10_000:.4f}"

    def host(self) -> str:
        """A host name in a domain that is reserved for examples (RFC 2606)."""
        return f"{self.word()}.example.com"

    def url(self) -> str:
        """A URL at such a host."""
        return f"https://{self.host()}/{self.word()}"

    def uuid(self) -> str:
        """A random UUID (version 4)."""
        digits = f"{self.random.getrandbits(128):032x}"
        variant = "89ab"[self.random.getrandbits(2)]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def encoded(self) -> str:
        """Two words in base64."""
        return base64.b64encode(f"{self.word()} {self.word()}".encode()).decode()


# Strings of each format, the best first, then shorter ones for narrow lengths.
_BY_FORMAT: dict[str, Callable[[Strings], tuple[str, ...]]] = {
    "byte": lambda strings: (strings.encoded(), "YQ==", ""),
    "date": lambda strings: (strings.moment().date().isoformat(),),
    "date-time": lambda strings: (strings.instant(),),
    **dict.fromkeys(("decimal", "double", "float"), lambda strings: (strings.amount(), "1.5", "1")),
    **dict.fromkeys(("int32", "int64", "uint64"), lambda strings: (str(strings.random.randint(1, 99_999)), "1")),
    "duration": lambda strings: (f"P{strings.random.randint(1, 30)}DT{strings.random.randint(1, 23)}H", "P1D"),
    "email": lambda strings: (
        f"{strings.word()}.{strings.word()}@example.com",
        f"{strings.word()}@example.com",
        "a@b.co",
    ),
    "hostname": lambda strings: (strings.host(), strings.word(), "a"),
    "ipv4": lambda strings: (f"192.0.2.{strings.random.randint(1, 254)}", "10.0.0.1"),
    "ipv6": lambda strings: (f"2001:db8::{strings.random.randint(1, 65535):x}", "::1"),
    "json-pointer": lambda strings: (f"/{strings.word()}", ""),
    "regex": lambda strings: (f"^{strings.word()}$", "a"),
    "relative-json-pointer": lambda strings: (f"1/{strings.word()}", "0"),
    "time": lambda strings: (strings.moment().time().isoformat() + "Z",),
    "uri": lambda strings: (strings.url(), "https://a.co", "a:b"),
    "uri-reference": lambda strings: (f"/{strings.word()}/{strings.word()}", "/"),
    "uri-template": lambda strings: (f"/{strings.word()}/{{id}}", "/"),
    "uuid": lambda strings: (strings.uuid(),),
}
_BY_FORMAT |= {f"i{known}": _BY_FORMAT[f"u{known}"] for known in ("ri", "ri-reference")} | {
    f"idn-{known}": _BY_FORMAT[known] for known in ("email", "hostname")
}


_SIMPLE: dict[str, Callable[[Strings], str]] = {
    **dict.fromkeys(("url", "uri", "href", "link", "homepage", "website"), Strings.url),
    **dict.fromkeys(
        (
            *plausible.IMAGES,
            *(f"{name}_{ending}" for name in plausible.IMAGES for ending in ("href", "link", "uri", "url")),
        ),
        lambda strings: f"{strings.url()}.png",
    ),
    **dict.fromkeys(
        (
            "author",
            "card_holder",
            "cardholder",
            "full_name",
            *nouns.PERSON_NAMES,
        ),
        lambda strings: " ".join(strings.person()),
    ),
    **dict.fromkeys(("keyword", "keywords", "labels", "tag", "tags"), Strings.word),
    **dict.fromkeys(("file_name", "filename"), lambda strings: f"{strings.word()}.png"),
    **dict.fromkeys(("guid", "uuid"), Strings.uuid),
    **dict.fromkeys(("content_type", "media_type", "mime_type"), lambda _: "image/png"),
    **dict.fromkeys(
        ("at", "created", "datetime", "modified", "timestamp", "updated"), lambda strings: strings.instant()
    ),
    **dict.fromkeys(
        (
            *("amount", "balance", "cost", "deposit", "fee", "price"),
            *("subtotal", "tax", "total", "total_price"),
        ),
        lambda strings: strings.amount(),
    ),
    "discount": lambda strings: strings.decimal(plausible.Range(1, 25, 2)),
    **dict.fromkeys(("lat", "latitude"), lambda strings: strings.coordinate(60)),
    **dict.fromkeys(("lng", "lon", "longitude"), lambda strings: strings.coordinate(150)),
    **dict.fromkeys(("last4", "last_4", "last_four"), lambda strings: f"{strings.random.randint(1, 9999):04}"),
    **dict.fromkeys(("percent", "percentage"), lambda strings: f"{strings.random.randint(0, 1000) / 10}"),
    **dict.fromkeys(("seat", "seat_number"), lambda strings: strings.random.choice("ABCDEFGH") + strings.number(1, 30)),
    **dict.fromkeys(("barcode", "ean", "gtin", "upc"), lambda strings: strings.number(10**12, 10**13 - 1)),
    "account_number": lambda strings: f"{strings.random.randint(1, 10**10):010}",
    "card_brand": lambda strings: strings.random.choice(("Mastercard", "Visa")),
    **dict.fromkeys(("id", "uid"), lambda strings: f"{strings.word()}-{strings.random.randint(100, 9999)}"),
    **dict.fromkeys(
        ("sku", "reference", "code"),
        lambda strings: f"{strings.word()[:3].upper()}-{strings.random.randint(100, 9999)}",
    ),
    **dict.fromkeys(("currency", "currency_code"), lambda strings: strings.common(_CURRENCIES)),
    **dict.fromkeys(("time_zone", "timezone"), lambda _: "Europe/Berlin"),
    "country_code": lambda strings: strings.random.choice(_COUNTRIES),
    **dict.fromkeys(("phone", "phone_number", "mobile", "fax"), lambda strings: strings.phone()),
    "date": lambda strings: strings.moment().date().isoformat(),
    "locale": lambda strings: strings.random.choice(("de_DE", "en_US", "fr_FR", "ja_JP")),
    **dict.fromkeys(
        ("lang", "language", "language_code"), lambda strings: strings.random.choice(("de", "en", "es", "fr", "ja"))
    ),
    "number": lambda strings: str(strings.random.randint(100, 9999)),
    "slug": lambda strings: f"{strings.word()}-{strings.word()}",
    **dict.fromkeys(("measurement_unit", "unit", "unit_of_measure", "uom"), Strings.unit),
    **dict.fromkeys(("business_unit", "organization_unit"), lambda strings: strings.sentence(2)),
    "version": lambda strings: ".".join(str(strings.random.randint(0, 9)) for _ in range(3)),
}
"""What a property of this name holds, where no other source of names is needed."""


@lru_cache(4096)
def _by_name(name: str) -> tuple[Callable[[Strings], str] | None, str | None]:
    """What makes a string for a property of this name, and Faker's method for what else it may hold."""
    known: dict[str, Callable[[Strings], str] | None] = {**dict.fromkeys(_BY_NAME), **_SIMPLE}
    for each in (name, *singulars(name)):  # The items of `languages` are each a `language`.
        # `postal_code` says more than `code`.
        made, method = by_ending(each, known), by_ending(each, _BY_NAME)
        if made or method:
            return made, method
    return None, None


def _sized(text: str, shortest: int, longest: int | None) -> str:
    if len(text) < shortest:
        filler = text or "a"
        return (filler * (shortest // len(filler) + 1))[:shortest]
    if longest is None or len(text) <= longest:
        return text
    whole = re.match(rf".{{{shortest},{longest}}}(?<=\w)(?!\w)", text)  # Of whole words, if possible.
    return whole[0] if whole else text[:longest].rstrip() or text[:longest]


@lru_cache(4096)
def _validator(schema: jsonschema_rs.CanonicalSchema) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(
        cast(dict[str, Any], schema.to_json_schema()), validate_formats=True, formats=FORMATS
    )


@lru_cache(1024)
def _pattern(pattern: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern})


def pattern_matches(pattern: str, text: str) -> bool:
    """Whether a text has a match of an ECMAScript pattern."""
    return _pattern(pattern).is_valid(text)
