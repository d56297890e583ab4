"""The mock as an ASGI application, for servers that are not its own: what its own server is worth."""

from benchmarks.mock.servers import TOKEN
from flowcontract.openapi.contract import Contract
from flowmock.creation import create
from flowmock.settings import Settings

app = create(Contract.load(), Settings(token=(TOKEN,)))
