"""A proxy before one upstream that judges every request and every answer by the contract as they go by."""

from flowcontract.proxy.checking import Bench, Entry, Understand, Understood, with_tokens
from flowcontract.proxy.forward import Options, Proxy
from flowcontract.proxy.server import Running, listening

__all__ = ["Bench", "Entry", "Options", "Proxy", "Running", "Understand", "Understood", "listening", "with_tokens"]
