"""What a portal shows above a login form: the title of the flow that it starts."""

import time
from collections.abc import Callable

import httpx

PATIENCE = 5.0
"""Seconds to wait for a response, and at most for a turn."""


class FlowError(Exception):
    """The title could not be had; the message is fit for a log."""


class NoSuchFlow(FlowError):
    """The server has no flow of that slug, or none that we may see."""


class NotAllowed(FlowError):
    """Our token is wrong, or may not view flows."""


def title(client: httpx.Client, slug: str, *, tries: int = 3, sleep: Callable[[float], None] = time.sleep) -> str:
    """The title of a flow. Waits for its turn when the server is busy. Raises FlowError.

    `client` has the server's `base_url` and an `Authorization` header.
    """
    for _ in range(tries):
        try:
            response = client.get(f"flows/instances/{slug}/", timeout=PATIENCE)
        except httpx.HTTPError as error:
            raise FlowError(f"no response for {slug}: {type(error).__name__}") from error
        if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
            return _read(response, slug)
        sleep(min(float(response.headers.get("Retry-After", 1)), PATIENCE))
    raise FlowError(f"still busy after {tries} tries for {slug}")


def _read(response: httpx.Response, slug: str) -> str:
    match response.status_code:
        case 200:
            return _title(response, slug)
        case 404:
            raise NoSuchFlow(slug)
        case 401 | 403:
            raise NotAllowed(slug)
    raise FlowError(f"status {response.status_code} for {slug}")


def _title(response: httpx.Response, slug: str) -> str:
    try:
        found = response.json()["title"]
    except (ValueError, KeyError, TypeError) as error:
        raise FlowError(f"no flow in the response for {slug}") from error
    return found or slug
