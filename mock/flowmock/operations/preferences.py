"""Responses that a request prefers (`Prefer`): by status, example or seed, or generated ones."""

from collections.abc import Callable

from flowcontract.openapi.model import DocumentedResponse, MediaType
from flowmock.examples.responses import accepted_media
from flowmock.messages import Call, Reply
from flowmock.negotiation.prefer import PreferenceError, Preferences
from flowmock.operations.path_examples import PathExamples
from flowmock.operations.selection import Selection
from flowmock.operations.success import Success

_SCENARIOS = {401: "unauthorized", 403: "forbidden", 404: "not-found", 429: "rate-limited", 502: "bad-gateway"}
"""Built-in scenarios that respond with these statuses."""


class PreferredResponses:
    """The responses of one operation that requests can prefer."""

    def __init__(
        self,
        success: Success,
        examples: PathExamples,
        selection: Selection,
        *,
        dynamic: bool,
        of_seed: Callable[[int], Selection],
    ) -> None:
        """`dynamic`: generate rather than serve examples, unless a request says something else. `of_seed`: gives what
        chooses responses of the same operation with another seed.
        """
        self._success = success
        self._operation = success.operation
        self._responses = success.responses
        self._examples = examples
        self._selection = selection
        self._dynamic = dynamic
        self._of_seed = of_seed

    def reply(self, call: Call, asked: Preferences) -> Reply:
        """The response that a request prefers. Raises PreferenceError for one that cannot be preferred."""
        if asked.code == self._success.status and asked.example is None and asked.seed is None and not asked.dynamic:
            chosen = self._selection.reply(call, dynamic=self._dynamic and asked.dynamic is None)
            if chosen.status == asked.code:
                return chosen
        status, documented = self._documented(asked)
        if asked.seed is not None and self._is_of_a_seed(call, asked, documented):
            is_own = asked.seed == self._responses.seed.number and not self._selection.remembers
            selection = self._selection if is_own else self._of_seed(asked.seed)
            return selection.reply(call, dynamic=self._dynamic if asked.dynamic is None else asked.dynamic)
        if documented is None:
            raise self._undocumented(asked)
        if asked.example is not None:
            return self._example(call, asked, asked.example, status, documented)
        return self._of_status(call, asked, status, documented)

    def _documented(self, asked: Preferences) -> tuple[int, DocumentedResponse | None]:
        """The status and response that are asked for; an example alone is looked for in every response."""
        if asked.code is not None:
            return asked.code, self._operation.response(asked.code)
        if asked.example is not None:
            for status, documented in self._operation.responses.items():
                if any(asked.example in media.examples for media in documented.media.values()):
                    return self._status_of(status), documented
        return self._success.status, self._success.documented

    def _status_of(self, status: str) -> int:
        """The status of a response that is documented for several."""
        if status == "default":
            return self._success.status if self._operation.responses[status] is self._success.documented else 500
        return int(status.upper().replace("X", "0"))

    def _is_of_a_seed(self, call: Call, asked: Preferences, documented: DocumentedResponse | None) -> bool:
        """Whether a seed is preferred for a response that is generated anyway: its lists and reads agree."""
        if documented is not self._success.documented or asked.dynamic or asked.example is not None:
            return False
        media = self._success.accepted(call)
        return media is not None and not media.examples

    def _undocumented(self, asked: Preferences) -> PreferenceError:
        choices = ", ".join(sorted(self._operation.responses))
        scenario = _SCENARIOS.get(asked.code or 0, "server-error")
        return PreferenceError(
            f"Prefer: code={asked.code} is not documented here; documented: {choices}. For any other response, use "
            f"a scenario, such as Prefer: scenario={scenario}."
        )

    def _example(self, call: Call, asked: Preferences, name: str, status: int, documented: DocumentedResponse) -> Reply:
        """The example of this name. Raises PreferenceError where there is none."""
        for each in documented.media.values():
            if name in each.examples:
                return self._responses.example(status, documented, each, each.examples[name], call)
        known = [documented] if asked.code is not None else list(self._operation.responses.values())
        names = (example for response in known for each in response.media.values() for example in each.examples)
        where = status if asked.code is not None else self._operation.id
        choices = ", ".join(dict.fromkeys(names)) or "none"
        raise PreferenceError(f"Prefer: {where} has no example {name}; it has: {choices}.")

    def _of_status(self, call: Call, asked: Preferences, status: int, documented: DocumentedResponse) -> Reply:
        """The response with a status: generated where that is preferred, else its example."""
        media = accepted_media(documented, call)
        dynamic = asked.dynamic if asked.dynamic is not None else (self._dynamic or asked.seed is not None)
        is_success = documented is self._success.documented and status == self._success.status
        if media is not None and (dynamic or (is_success and not media.examples)):
            own = self._responses.seed
            seed = own if asked.seed is None else own._replace(number=asked.seed)
            return self._responses.generated(
                self._operation, documented, status, media, call, seed=seed, examples=not dynamic
            )
        if media is None or not is_success:
            return self._responses.documented(self._operation, documented, status, call)
        return self._example_of_path(call, media)

    def _example_of_path(self, call: Call, media: MediaType) -> Reply:
        """The example for the path of the call, else the first one as it would be for that path."""
        for example, _ in self._examples.of(call):
            return self._success.example(media, media.examples[example.name], call)
        return self._success.example_for_path(media, next(iter(media.examples.values())), call)
