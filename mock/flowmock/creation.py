"""Make a mock, with its admin interface."""

from collections.abc import Iterable

from starlette.types import ASGIApp

from flowcontract.openapi.contract import Contract
from flowmock.application import Mock
from flowmock.settings import Settings


def create(contract: Contract | Iterable[Contract] | None = None, settings: Settings | None = None) -> Mock:
    """The mock as an ASGI application, for tests in one process (Starlette's TestClient, `httpx.ASGITransport`), for
    mounting in another application, and for servers of your own.

    `contract`: one or several, each served under its base path; the project's own where None. `settings`: as the
    options of `flowcontract mock`; host, port and watch do not matter here. Raises MockError for an unknown profile
    or scenario, UsageError for a bad token or an unknown release.
    """
    contract = Contract.load() if contract is None else contract
    contracts = (contract,) if isinstance(contract, Contract) else tuple(contract)
    return Mock(contracts, settings or Settings(), admin=_admin)


def _admin(mock: Mock) -> ASGIApp:
    # Most mocks are never asked for it, and it takes a while to import.
    from flowmock import console
    from flowmock.admin import application

    return application.app(mock, console.routes)
