"""Relations: a body that is valid by itself and does not belong to the question, or not twice the same."""

import uuid
from typing import Any

from .fault import KNOWN, OTHER, fault, flows, get, is_read, repeated, unknown
from .server import Ask, Server, ServerResponse, encoded

Flow = dict[str, Any]


def link(change: Any) -> Any:
    return lambda flow: flow.update(export_url=change(flow["export_url"]))


for name, about, change in (
    (
        "link-to-another-flow",
        "The link belongs to another flow.",
        link(lambda _: f"/api/v3/flows/instances/{OTHER}/export/"),
    ),
    ("link-is-absolute", "The link is absolute.", link(lambda url: f"http://localhost:9000{url}")),
    ("link-without-slash", "The link lacks its last slash.", link(lambda url: url.rstrip("/"))),
    (
        "link-to-other-version",
        "The link refers to another version of the API.",
        link(lambda url: url.replace("/v3/", "/v2/")),
    ),
    ("link-without-base-path", "The link lacks the base path.", link(lambda url: url.removeprefix("/api/v3"))),
    (
        "link-with-double-slash",
        "The link has a double slash.",
        link(lambda url: url.replace("instances/", "instances//")),
    ),
    ("link-in-capitals", "The slug in the link is in upper case.", link(lambda url: url.replace("default", "DEFAULT"))),
    ("link-is-empty", "The link is empty.", link(lambda _: "")),
    ("link-not-filled", "The link is an unfilled template.", link(lambda _: "/api/v3/flows/instances/{slug}/export/")),
    (
        "link-with-none",
        "The link contains `None` instead of the slug.",
        link(lambda _: "/api/v3/flows/instances/None/export/"),
    ),
    ("link-with-markup", "The link is escaped for HTML.", link(lambda url: url.replace("/", "&#x2F;"))),
    ("link-with-query", "The link has a query.", link(lambda url: url + "?download=1")),
):
    flows("relations", name, about, change, by="relation", forbids="observed")

for name, about, change in (
    ("slug-in-lower-case", "The slug is returned in lower case.", lambda flow: flow.update(slug=flow["slug"].lower())),
    (
        "slug-with-underscores",
        "The slug is returned with underscores instead of hyphens.",
        lambda flow: flow.update(slug=flow["slug"].replace("-", "_")),
    ),
    ("slug-in-capitals", "The slug is returned in upper case.", lambda flow: flow.update(slug=flow["slug"].upper())),
    (
        "slug-with-suffix",
        "The slug is returned with a number at the end.",
        lambda flow: flow.update(slug=flow["slug"][:47] + "-1"),
    ),
):
    only = "Default-Source-Enrollment" if name == "slug-in-lower-case" else ""
    flows("relations", name, about, change, only=only, by="relation", forbids="observed")


@fault("relations", get(OTHER), by="relation", forbids="observed")
def always_the_same_flow(server: Server, ask: Ask) -> ServerResponse:
    """Every known slug returns the same flow."""
    return server(ask.about(KNOWN)) if server(ask).status == 200 else server(ask)


@fault("relations", get("initial-setup"), by="relation", forbids="observed")
def one_slug_gives_another_flow(server: Server, ask: Ask) -> ServerResponse:
    """One of the slugs returns another, valid flow."""
    return server(ask.about(KNOWN)) if ask.key == "initial-setup" else server(ask)


@fault("relations", get(), get(OTHER), by="relation", forbids="observed", by_input=False)
def answer_of_the_last_question(server: Server, ask: Ask) -> ServerResponse:
    """A read returns the flow of the read before."""
    answer = server(ask)
    if not is_read(ask, answer):
        return answer
    last: ServerResponse = server.memory.get("last", answer)
    server.memory["last"] = answer
    return last


def unstable(name: str, about: str, change: Any, times: int = 2) -> None:
    """A fault that shows when the same flow is read again."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        answer = server(ask)
        if not is_read(ask, answer):
            return answer
        flow = answer.json
        change(flow, server.times(ask.key))
        return answer.but(json=flow)

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    fault("stability", *repeated([get()], times), by="same question", forbids="rules", by_input=False)(faulty)


def fresh(member: str) -> Any:
    return lambda flow, _: flow.update({member: str(uuid.uuid4())})


def every(nth: int, **members: Any) -> Any:
    return lambda flow, time: flow.update(members) if time % nth == 0 else None


unstable("pk-changes", "`pk` differs each time.", fresh("pk"))
unstable("ptr-id-changes", "The second ID differs each time.", fresh("policybindingmodel_ptr_id"))
unstable(
    "stages-change",
    "The IDs of the stages differ each time.",
    lambda flow, _: flow.update(stages=[str(uuid.uuid4()) for _ in flow["stages"]]),
)
unstable("title-counts", "The title counts the reads.", lambda flow, time: flow.update(title=f"{flow['title']} {time}"))
unstable("title-changes-once", "The second read has another title.", every(2, title="Welcome back"))
unstable("title-changes-on-third-read", "Every third read has another title.", every(3, title="Welcome back"), 3)
unstable(
    "pk-changes-at-tenth-read",
    "From the tenth read on, `pk` differs each time.",
    lambda flow, time: flow.update(pk=str(uuid.UUID(int=time))) if time >= 10 else None,
    10,
)
unstable(
    "name-is-a-time", "The name contains the number of the read.", lambda flow, time: flow.update(name=f"At {time}")
)
unstable(
    "background-with-cache-buster",
    "The URL of the picture differs each time.",
    lambda flow, time: flow.update(background=f"{flow['background']}?v={time}"),
)
unstable("designation-flips", "An enumeration changes between reads.", every(2, designation="recovery"))
unstable("boolean-flips", "A boolean changes between reads.", every(2, compatibility_mode=True))
unstable(
    "layout-comes-and-goes",
    "An optional field is sometimes missing.",
    lambda flow, time: flow.pop("layout") if time % 2 else None,
)
unstable(
    "stage-lost-on-second-read",
    "The second read lacks a stage.",
    lambda flow, time: flow.update(stages=flow["stages"][time % 2 == 0 :]),
)


@fault("stability", *repeated([unknown()], 2), by="same question", forbids="observed", by_input=False)
def unknown_is_created_by_reading(server: Server, ask: Ask) -> ServerResponse:
    """Reading an unknown slug creates the flow, so the second read finds it."""
    answer = server(ask)
    if answer.status == 404 and ask.key and server.times(ask.key) > 1:
        flow = server(ask.about(KNOWN)).json | {"slug": ask.key}
        flow["export_url"] = f"/api/v3/flows/instances/{ask.key}/export/"
        return ServerResponse(200, encoded(flow))
    return answer


@fault("stability", *repeated([get()], 2), by="same question", forbids="observed", by_input=False)
def a_flow_can_be_read_once(server: Server, ask: Ask) -> ServerResponse:
    """A flow can be read only once."""
    answer = server(ask)
    return server(ask.about("no-such-flow")) if answer.status == 200 and server.times(ask.key) > 1 else answer


@fault("relations", get(), get(OTHER), by="distinct", forbids="observed", by_input=False)
def one_pk_for_all(server: Server, ask: Ask) -> ServerResponse:
    """All flows have the same `pk`."""
    answer = server(ask)
    return answer.but(json=answer.json | {"pk": str(uuid.UUID(int=1))}) if is_read(ask, answer) else answer
