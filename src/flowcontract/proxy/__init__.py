"""A reverse proxy that checks live traffic of one upstream against the contract."""

from flowcontract.proxy.checking import CheckedRequest, CheckRequest, Entry, TrafficChecker
from flowcontract.proxy.forward import Options, Proxy
from flowcontract.proxy.server import Running, listening

__all__ = [
    "CheckRequest", "CheckedRequest", "Entry", "Options", "Proxy", "Running", "TrafficChecker", "listening",
]  # fmt: skip
