"""The decision on one call: the profile's stages in its order, then the contract's operation behind Connexion."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from flowcontract.openapi.model import Operation, SecurityScheme
from flowmock.connexion_app import Refused, Serving
from flowmock.examples.responses import PAGE, Responses, encode
from flowmock.examples.selection import PREFERRED
from flowmock.messages import Call, Reply
from flowmock.negotiation import media_types, prefer
from flowmock.profiles import undocumented_methods
from flowmock.profiles.profile import Profile
from flowmock.routing import Route


class Decision:
    """Decides one call: the profile's stages in its order, then the contract's operation."""

    def __init__(self, serving: Serving, answers: Responses, route: Route | None, call: Call) -> None:
        """`route`: None for a path that no contract has."""
        self.serving = serving
        self.answers = answers
        self.profile: Profile = answers.profile
        self.route = route
        self.call = call

    def reply(self) -> Reply:
        """The reply, without scenarios."""
        reply = self._decided()
        if self.route not in reply.notes:
            framed = self._framed(reply)
            reply.notes[self.route] = framed if framed is not reply else None
        return reply.notes[self.route] or reply

    def _framed(self, reply: Reply) -> Reply:
        """The reply with what RFC 9110 asks of its status: `Allow` (15.5.6), `WWW-Authenticate` (15.5.2)."""
        if self.route is None or reply.details.get(PAGE) or reply.details.get("omit_default_headers"):
            return reply
        has = {name.lower() for name, _ in reply.headers}
        added = []
        if "allow" not in has and (reply.status == 405 or self.profile.always_allow):
            added.append(("Allow", self.route.allow))
        if "www-authenticate" not in has and reply.status == 401:
            added += [("WWW-Authenticate", challenge) for challenge in challenges(self.route.schemes)]
        return replace(reply, headers=(*reply.headers, *added)) if added else reply

    def _decided(self) -> Reply:
        if self.call.settled is None:
            refused = self._staged() or self._preferences()
            if refused:
                return refused
        assert self.route
        rule = self.route.rules.undocumented_methods.get(self.call.method)
        if rule:
            call = replace(self.call, method=rule.like, operation=operation_for(self.route, rule.like))
            reply = self._operation(call)
            return undocumented_methods.reply(rule, self.call, call, reply, self.answers)
        return self._as_preferred(self._operation(self.call))

    def _staged(self) -> Reply | None:
        for stage in self.profile.stages:
            reply = _STAGES[stage](self)
            if reply is not None:
                return reply
        return self._refuse("unrouted") if self.route is None else None

    def _operation(self, call: Call) -> Reply:
        assert self.route
        try:
            reply = self.serving(call, self.route)
        except Refused as refused:
            return self._refuse(refused.answer, message=refused.message)
        except prefer.PreferenceError as error:
            return self._refuse("bad-preference", message=str(error))
        if call is self.call and not call.settled:
            self.serving.settle(call, self.route)
        return reply

    def _preferences(self) -> Reply | None:
        spoken = self.call.header("prefer")
        values = [spoken] if spoken else []
        # Prism takes the same from the query, after two underscores.
        values += [f'{name[2:]}="{value}"' for name, value in self.call.query if name in prefer.IN_QUERY]
        if not values:
            return None
        from flowmock.server import faults

        try:
            self.call.preferences = prefer.read(values, faults.NAMES)
        except prefer.PreferenceError as error:
            return self._refuse("bad-preference", message=str(error))
        return None

    def _as_preferred(self, reply: Reply) -> Reply:
        asked = self.call.preferences
        if asked is None:
            return reply
        applied = asked.applied(chosen=PREFERRED in reply.details)
        headers = (*reply.headers, ("Preference-Applied", applied)) if applied else reply.headers
        return replace(reply, headers=headers, wait=asked.wait, fault=asked.fault)

    def _refuse(self, name: str, **values: Any) -> Reply:
        return self.answers.error(name, self.call, **values)

    # The stages. Each gives a reply, or nothing where it is content.

    def protocol(self) -> Reply | None:
        """Refuse a method that the server's HTTP parser does not know."""
        return self._refuse("method-unknown") if self.call.method in self.profile.unknown_methods else None

    def host(self) -> Reply | None:
        """Refuse a host that no host can be called."""
        named = (self.call.header(name) for name in self.profile.host_headers)
        host = next((value for value in named if value is not None), None)
        pattern = self.profile.host_pattern
        return (
            self._refuse("host-unknown")
            if pattern and host is not None and not pattern.fullmatch(host.lower())
            else None
        )

    def query(self) -> Reply | None:
        """Refuse a query that has too many fields."""
        most = self.profile.max_query_fields
        return self._refuse("query-too-long") if most and len(self.call.query) > most else None

    def routed(self) -> Reply | None:
        """Refuse a path that the contract does not have."""
        if self.route:
            return None
        name = {"GET": "unrouted", "HEAD": "unrouted", "OPTIONS": "unrouted-options"}.get(
            self.call.method, "unrouted-method"
        )
        return self._refuse(name)

    def negotiate(self) -> Reply | None:
        """Refuse what cannot be given in a form that the caller takes."""
        offers: tuple[str, ...] = self.profile.offers
        if self.profile.format_query:
            asked = dict(self.call.query).get(self.profile.format_query)
            if asked and asked not in self.profile.format_names:
                return self._refuse("format-unknown")
        if not offers and self.call.operation:
            success = self.call.operation.success()
            offers = tuple(success.media) if success else ()
        if offers and media_types.choose(self.call.header("accept"), offers, quality=self.profile.quality) is None:
            return self._refuse("not-acceptable")
        return None

    def authenticate(self) -> Reply | None:
        """Refuse wrong credentials where the contract has no operation; where it has one, Connexion does."""
        refusal = self.call.caller.refusal
        return self._refuse(refusal) if refusal and self.call.operation is None else None

    def options(self) -> Reply | None:
        """Tell what the path offers."""
        if self.call.method != "OPTIONS" or self.call.operation or self.route is None:
            return None
        if self.route.rules.options is None:
            headers = (*self.answers.headers(""), ("Allow", self.route.allow))
            return Reply(204, headers, b"", f"profile {self.profile.name}: options")
        headers = self.answers.headers("application/json")
        body = encode(self.route.rules.options)
        return Reply(200, headers, body, f"profile {self.profile.name}: options")

    def method(self) -> Reply | None:
        """Refuse a method that the path does not have."""
        if self.route is None or self.call.operation or self.call.method in self.route.rules.undocumented_methods:
            return None
        return self._refuse("method-not-allowed", message=f"Method {self.call.method} is not allowed.")


_STAGES = {
    "protocol": Decision.protocol,
    "host": Decision.host,
    "query": Decision.query,
    "route": Decision.routed,
    "negotiate": Decision.negotiate,
    "authenticate": Decision.authenticate,
    "options": Decision.options,
    "method": Decision.method,
}


def challenges(schemes: Iterable[SecurityScheme]) -> list[str]:
    """The challenges of a 401 by the schemes that would do; a key has none of its own, and is named."""
    found = {
        f'ApiKey name="{scheme.parameter}"'
        if scheme.kind == "apiKey"
        else (scheme.scheme if scheme.kind == "http" else "bearer").capitalize()
        for scheme in schemes
    }
    return sorted(found)


def operation_for(route: Route, method: str) -> Operation | None:
    """The contract's operation for a method; HEAD is GET where the contract does not have it."""
    return route.operations.get("GET" if method == "HEAD" and "HEAD" not in route.operations else method)
