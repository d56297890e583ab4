"""The sections of a plan for one operation. In each the most telling probes come first, so that any beginning of it
is a sensible selection."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

from flowcontract.contract import METHODS, EXTENSION, Contract, Operation
from flowcontract.exchange import Request, Target
from flowcontract.generated import Case
from flowcontract.probe import Expect, Probe, Relation
from flowcontract.probes import credentials as matrix
from flowcontract.probes import keys, variants
from flowcontract.probes.form import NOBODY, Credentials, Form, good, segment

_PAIRED = ("absent", "wrong token", "token cut short", "empty header", "scheme alone", "scheme Basic",
           "token without permission", "non-ASCII token", "token without scheme", "token in the query")  # fmt: skip
"""Refusals that are also asked of a key that does not exist, to compare."""


class Sections:
    """Makes the probes for one operation and the keys that are known of it."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        target: Target,
        known: Sequence[Mapping[str, str]],
        *,
        allow_unsafe: bool = False,
    ) -> None:
        self._contract = contract
        self._operation = operation
        self._form = Form(contract, operation, target)
        self._allow_unsafe = allow_unsafe
        names = [parameter.name for parameter in operation.path_parameters()]
        usable = [values for values in known if all(name in values for name in names)]
        self._known: list[Mapping[str, str]] = usable if names else [{}]
        self._can = operation.is_open or bool(target.tokens.get("FLOWCONTRACT_TOKEN"))
        self._good = good(operation) if not operation.is_open and self._can else Credentials("good", "")
        self._refused = tuple(matrix.refused(operation, target))
        self._keys = self._unknown() if names else ()
        self._missing = {**dict.fromkeys(names, keys.UNKNOWN), **self._key_values(self._keys[0])} if self._keys else None
        self._method = operation.method

    # What every probe is made of.

    def _key_values(self, key: keys.Key) -> dict[str, str]:
        """The path with an unknown key: the last parameter is it, those before are of a key that exists."""
        names = [parameter.name for parameter in self._operation.path_parameters()]
        before = self._known[0] if self._known else dict.fromkeys(names, keys.UNKNOWN)
        return {**{name: str(before[name]) for name in names[:-1]}, names[-1]: key.value}

    def _unknown(self) -> tuple[keys.Key, ...]:
        parameter = self._operation.path_parameters()[-1]
        form = keys.shape(self._contract, self._operation, parameter)
        taken = [values[parameter.name] for values in self._known]
        literals = [part for part in self._operation.path.split("/") if part and "{" not in part]
        return keys.unknown(taken, form, literals)

    def _probe(
        self,
        name: str,
        reason: str,
        values: Mapping[str, str],
        expect: Expect,
        *,
        who: Credentials | None = None,
        request: Request | None = None,
        **more: object,
    ) -> Probe:
        who = self._good if who is None else who
        raw = {name: segment(value) for name, value in values.items()}
        request = request or self._form.request(raw, who)
        return Probe(name, reason, self._operation.id, request, expect, values, **more)  # type: ignore[arg-type]

    def _raw(self, values: Mapping[str, str]) -> dict[str, str]:
        return {name: segment(value) for name, value in values.items()}

    def _title(self, values: Mapping[str, str]) -> str:
        return ",".join(values.values()) or "it"

    @property
    def _first(self) -> str:
        return f"success/first/{self._title(self._known[0])}"

    @property
    def _served(self) -> bool:
        """Whether a success can be asked for at all."""
        return bool(self._known) and self._can and (self._method in ("GET", "HEAD", "OPTIONS") or self._allow_unsafe)

    def _again(self, label: str, number: int = 0, reason: str = "", *, fresh: bool = False, together: str = "") -> Probe:
        values = self._known[number]
        title = self._title(values)
        like = f"success/first/{title}" if self._method in ("GET", "HEAD", "OPTIONS") else ""
        return self._probe(
            f"success/{label}/{title}", reason or "the same question has the same answer", values, Expect.SUCCESS,
            like=like, relation=Relation.REPEAT if like else Relation.NONE, fresh=fresh, together=together,
        )  # fmt: skip

    # The sections.

    def first(self) -> list[Probe]:
        """Each known key once, and the first again: whether there is anything to judge."""
        if not self._served:
            return []
        found = [
            self._probe(
                f"success/first/{self._title(values)}", "a key that exists is found, and its answer is as documented",
                values, Expect.SUCCESS, fresh=index == 0,
            )
            for index, values in enumerate(self._known)
        ]  # fmt: skip
        return [*found, self._again("again"), self._again("new connection", fresh=True)]

    def discovery(self) -> list[Probe]:
        """Each key once, to learn which exist; what is owed is judged later."""
        if not self._served:
            return []
        return [
            self._probe(f"discovery/{self._title(values)}", "whether this key exists here", values, Expect.FREE)
            for values in self._known
        ]

    def credentials(self) -> list[Probe]:
        """The authentication matrix, on a key that exists and on one that does not."""
        found: list[Probe] = []
        subject = self._known[0] if self._known else self._missing
        if subject is None:
            return []
        for who in self._refused:
            name = f"credentials/{who.label}/known"
            found.append(self._refusal(name, who, subject))
            if who.label in ("absent", "wrong token"):
                found.append(self._refusal(f"credentials/{who.label}/again", who, subject, like=name))
                if self._served:
                    found.append(self._again(f"after {who.label}", reason="a refusal changes nothing for who may"))
            if self._missing and who.label in _PAIRED:
                found.append(self._refusal(f"credentials/{who.label}/unknown", who, self._missing, like=name))
        if self._served:
            found += [
                self._probe(
                    f"credentials/{who.label}/accepted", who.reason, subject, Expect.SUCCESS, who=who,
                    tolerated=(*self._refusals(), 400), odd=True, like=self._first, relation=Relation.SAME,
                )
                for who in matrix.ambiguous(self._operation)
            ]  # fmt: skip
        return found

    def _refusals(self) -> tuple[int, ...]:
        return tuple(status for status in (401, 403) if str(status) in self._operation.answers) or (401, 403)

    def _refusal(self, name: str, who: Credentials, values: Mapping[str, str], *, like: str = "") -> Probe:
        return self._probe(
            name, who.reason, values, Expect.REFUSED, who=who, odd=who.odd, trigger=who.trigger,
            tolerated=(400, 431) if who.odd else (), like=like, relation=Relation.REFUSAL if like else Relation.NONE,
        )  # fmt: skip

    def other_keys(self) -> list[Probe]:
        """The other known keys: refused without a right, and the same when asked again between others."""
        found: list[Probe] = []
        for number, values in list(enumerate(self._known))[1:]:
            title = self._title(values)
            found += [
                self._refusal(f"credentials/{who.label}/{title}", who, values)
                for who in self._refused
                if who.label in ("absent", "wrong token")
            ]
            if self._served:
                found.append(self._again("between", number, "the answer to one key does not depend on the last"))
                found.append(self._again("between others", 0, "the answer to one key does not depend on the last"))
        return _unique(found)

    def heads(self) -> list[Probe]:
        """HEAD beside GET, for a key that exists, one that does not, and a caller who may not."""
        if self._method != "GET" or "HEAD" in self._declared_methods():
            return []
        found: list[Probe] = []
        if self._served:
            for values in self._known[:2]:
                title = self._title(values)
                found.append(self._head(f"head/known/{title}", values, Expect.SUCCESS, f"success/first/{title}"))
            found.append(self._again("after HEAD", reason="a HEAD leaves nothing behind on the connection"))
        if self._refused and self._known:
            found.append(self._head("head/refused", self._known[0], Expect.REFUSED, "credentials/absent/known", NOBODY))
        if self._served and self._missing:
            found.append(self._probe("head/missing base", "what HEAD is compared with", self._missing, Expect.MISSING))
            found.append(self._head("head/missing", self._missing, Expect.MISSING, "head/missing base"))
            found.append(self._again("after missing", reason="an answer not found changes nothing for the next"))
        return found

    def _head(
        self, name: str, values: Mapping[str, str], expect: Expect, like: str, who: Credentials | None = None
    ) -> Probe:
        who = self._good if who is None else who
        request = self._form.request(self._raw(values), who, method="HEAD")
        reason = "HEAD is GET without the content"
        return self._probe(name, reason, values, expect, request=request, like=like, relation=Relation.HEAD)

    def unknown_keys(self) -> list[Probe]:
        """Keys that cannot exist, and keys that another route is known to take."""
        if not self._can or not self._keys or self._method not in ("GET", "HEAD", "OPTIONS"):
            return []
        name = self._operation.path_parameters()[-1].name
        shadowed = [str(word) for word in self._operation.extensions.get(f"{EXTENSION}-shadowed-keys") or ()]
        found = [
            self._probe(
                f"shadowed/{word}", "another route is known to take this key", self._key_values(keys.Key(word, word, word, "")),
                Expect.SHADOWED, trigger="a key that another route takes",
            )
            for word in shadowed
        ]  # fmt: skip
        for key in self._keys:
            if key.value in shadowed:
                continue
            values = self._key_values(key)
            request = self._form.request({**self._raw(values), name: key.raw}, self._good)
            found.append(
                self._probe(
                    f"key/{key.label}", key.reason, values, Expect.MISSING, request=request, odd=key.odd,
                    plausible=key.plausible, trigger=key.trigger, tolerated=_odd_statuses(key) if key.odd else (),
                )  # fmt: skip
            )
        return _unique(found)

    def _declared_methods(self) -> set[str]:
        return {o.method for o in self._contract.operations.values() if o.path == self._operation.path}

    def methods(self) -> list[Probe]:
        """Methods the contract does not have, and headers that would change the method.

        Unsafe ones go without credentials, or with them to a key that cannot exist: nothing can change.
        """
        declared = self._declared_methods()
        subject = self._known[0] if self._known else self._missing
        if subject is None:
            return []
        found: list[Probe] = []
        for method in (method for method in variants.UNSAFE if method not in declared):
            found.append(self._other_method("known", method, subject, NOBODY))
            if self._missing and self._can and not self._operation.is_open:
                found.append(self._other_method("unknown", method, self._missing, self._good, (400, 404, 409, 415, 422)))
            if self._allow_unsafe and self._can:
                found.append(self._other_method("with credentials", method, subject, self._good))
        for method in variants.SAFE_BUT_UNKNOWN:
            found.append(self._other_method("with credentials", method, subject, self._good, (400, 501)))
        found += self._overridden(subject)
        found.append(self._other_method("known", "FLOWCONTRACT", subject, NOBODY, (400, 501)))
        if "OPTIONS" not in declared:
            for who, values in ((NOBODY, subject), (self._good, self._missing or subject)):
                request = self._form.request(self._raw(values), who, method="OPTIONS")
                found.append(
                    self._probe(
                        f"method/OPTIONS/{who.label}", "what a server says of itself holds nobody's data", values,
                        Expect.FREE, request=request,
                    )  # fmt: skip
                )
        return found

    def _other_method(
        self, label: str, method: str, values: Mapping[str, str], who: Credentials, tolerated: tuple[int, ...] = ()
    ) -> Probe:
        empty = b"" if method in ("POST", "PUT", "PATCH") else None
        request = self._form.request(self._raw(values), who, method=method, body=empty)
        reason = "the contract has no such method for this path"
        return self._probe(
            f"method/{method}/{label}", reason, values, Expect.METHOD, request=request, tolerated=tolerated, odd=True
        )

    def _overridden(self, subject: Mapping[str, str]) -> Iterator[Probe]:
        if self._method != "GET":
            return
        reason = "the method is what the request line says"
        for headers in variants.OVERRIDES:
            method = headers[0][1]
            if self._refused:
                request = self._form.request(self._raw(subject), NOBODY, headers=headers)
                yield self._probe(
                    f"override/{method}/refused", reason, subject, Expect.REFUSED, request=request,
                    like="credentials/absent/known", relation=Relation.REFUSAL,
                )  # fmt: skip
            if self._missing and self._can:
                request = self._form.request(self._raw(self._missing), self._good, headers=headers)
                yield self._probe(f"override/{method}/missing", reason, self._missing, Expect.MISSING, request=request)
        if self._refused and "POST" not in self._declared_methods():
            headers = (("X-HTTP-Method-Override", "GET"), ("X-HTTP-Method", "GET"), ("X-Method-Override", "GET"))
            request = self._form.request(self._raw(subject), NOBODY, method="POST", headers=headers, body=b"")
            yield self._probe("override/GET in POST/refused", reason, subject, Expect.METHOD, request=request, odd=True)

    def headers(self) -> list[Probe]:
        """Headers without meaning for the answer."""
        return self._varied("header", variants.HEADERS)

    def queries(self) -> list[Probe]:
        """Query parameters that the contract does not have, with a right, without one, and for a key that is not."""
        declared = {p.name for p in self._operation.parameters if p.location == "query"}
        unknown = [v for v in variants.QUERIES if not declared & {p.partition("=")[0] for p in v.query.split("&")}]
        found = self._varied("query", unknown)
        if self._refused and self._known:
            claims = "admin=true&debug=true&user=admin&role=admin&is_superuser=1&authenticated=1"
            request = self._form.request(self._raw(self._known[0]), NOBODY, query=claims)
            found.insert(
                2,
                self._probe(
                    "query/claims/refused", "a query that claims a right gives none", self._known[0], Expect.REFUSED,
                    request=request, like="credentials/absent/known", relation=Relation.REFUSAL,
                ),
            )  # fmt: skip
        return found

    def _varied(self, group: str, chosen: Sequence[variants.Variant]) -> list[Probe]:
        if not self._served or self._method not in ("GET", "HEAD"):
            return []
        declared = {p.name.lower() for p in self._operation.parameters if p.location == "header"}
        found = []
        for variant in chosen:
            if declared & {name.lower() for name, _ in variant.headers}:
                continue
            values = self._known[0]
            request = self._form.request(
                self._raw(values), self._good, headers=variant.headers, query=variant.query, body=variant.body
            )
            found.append(
                self._probe(
                    f"{group}/{variant.label}", variant.reason, values, Expect.SUCCESS, request=request,
                    tolerated=variant.tolerated, odd=bool(variant.tolerated), like=self._first,
                    relation=Relation.SAME, trigger=variant.trigger or f"{group}: {variant.label}",
                    fresh=variant.body is not None,
                )  # fmt: skip
            )
        return found

    def routes(self) -> list[Probe]:
        """Other ways to write the path, without credentials: whatever they lead to, nobody's data may be there."""
        if not self._known or not self._refused:
            return []
        path = self._form.path(self._raw(self._known[0]))
        bare = path.rstrip("/")
        ways = {
            "slash toggled": bare if path.endswith("/") else path + "/",
            "slash doubled": "/" + path,
            "dot segment": bare + "/./",
            "semicolon": bare + ";flowcontract=1/",
            "slash encoded": bare + "%2F",
            "upper case": path.upper(),
            "suffix": bare + ".json",
        }
        return [
            self._probe(
                f"route/{label}", "another way to write a path is no way around a refusal", {}, Expect.FREE,
                request=self._form.request({}, NOBODY, path=way),
            )
            for label, way in ways.items()
        ]  # fmt: skip

    def generated(self, cases: Sequence[Case]) -> list[Probe]:
        """Probes for generated input."""
        found = []
        if not self._can or (self._method not in ("GET", "HEAD", "OPTIONS") and not self._allow_unsafe):
            return []
        for number, case in enumerate(cases):
            values = {name: unquote(raw, errors="surrogateescape") for name, raw in case.path.items()}
            request = self._form.request(
                case.path, self._good, headers=case.headers, query=case.query, body=case.body
            )
            known = values in [dict(known) for known in self._known]
            found.append(
                self._probe(
                    f"generated/{number}", case.reason, values,
                    Expect.MISSING if values and not known and case.plain else Expect.ANY, request=request,
                    odd=True, plausible=True, tolerated=(400, 414, 422, 431), trigger="generated input",
                )  # fmt: skip
            )
        return found

    def last(self) -> list[Probe]:
        """Each known key again after everything else, and several at the same time."""
        if not self._served:
            return []
        count = len(self._known)
        found = [
            self._again("at the end", number, "what was asked in between changes nothing")
            for number in list(range(count))[::-1][:20]
        ]
        found += [
            self._again(f"at once {turn}", turn % count, "callers at the same time do not get in each other's way",
                        fresh=True, together="at once")
            for turn in range(6)
        ]  # fmt: skip
        if self._refused:
            found.insert(-3, self._refusal("credentials/absent/at the end", NOBODY, self._known[0]))
        return found


def _odd_statuses(key: keys.Key) -> tuple[int, ...]:
    """What the HTTP layer or a router may say to a key of an odd shape instead of 404."""
    moved = (301, 302, 307, 308) if any(sign in key.value for sign in "./;\\ ") else ()
    return (400, 422, *moved, *(variants.TOO_LARGE if len(key.raw) > 200 else ()))


def _unique(probes: Sequence[Probe]) -> list[Probe]:
    """Make the names unique: the second of a name has a number."""
    seen: dict[str, int] = {}
    found = []
    from dataclasses import replace

    for probe in probes:
        seen[probe.name] = seen.get(probe.name, 0) + 1
        count = seen[probe.name]
        found.append(probe if count == 1 else replace(probe, name=f"{probe.name} {count}"))
    return found
