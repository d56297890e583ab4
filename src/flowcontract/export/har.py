"""HAR 1.2 of what a scene answers: a browser opens it, Playwright routes by it, a proxy replays it."""

from collections.abc import Iterator

from flowcontract.export import Scene
from flowcontract.http.messages import Exchange, Response, Target
from flowcontract.reporting import har

_BEGAN = "2000-01-01T00:00:00+00:00"
"""The same for every archive, so that the same contract gives the same file."""


def render(scene: Scene, target: Target) -> str:
    """The archive of one scene; `target`: where the API is said to be."""
    return har.archive(_exchanges(scene), target.url, began=_BEGAN, comment=scene.summary)


def _exchanges(scene: Scene) -> Iterator[Exchange]:
    for played in scene.played:
        for case in played.cases:
            for reply in case.turns:
                if reply.fault and reply.fault != "slow":
                    yield Exchange(case.request, None, reply.fault)
                else:
                    body = reply.body if played.operation.method != "HEAD" else b""
                    yield Exchange(case.request, Response(reply.status, reply.headers, body, reply.wait))
