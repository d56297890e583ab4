"""The way into the library: `Contract.load("openapi.yaml")`. How a document is read is in the package `openapi`."""

from flowcontract.openapi.contract import Contract

__all__ = ["Contract"]
