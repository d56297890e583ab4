"""One way in which a request violates the contract."""

from dataclasses import dataclass

from flowcontract.openapi import pointers

UNSUPPORTED = frozenset({"media-type", "content-coding"})
"""Keywords of violations that RFC 9110 has a status of its own for: 415."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a request violates the contract. As a text: `query parameter page: "x" is not an integer`."""

    part: str
    """`path`, `query`, `header`, `cookie` or `body`."""
    name: str
    """Of the parameter; empty for the body."""
    message: str
    pointer: str = ""
    """JSON Pointer into the value of the parameter or the body."""
    keyword: str = ""
    """The keyword of the schema that failed; or `required`, `syntax`, `style`, `media-type`, `content-coding`."""
    missing: str = ""
    """Name of a required member that is missing."""

    def __str__(self) -> str:
        where = f"{self.part} parameter {self.name}" if self.name else self.part
        return f"{where}{self.pointer}: {self.message}"

    @property
    def steps(self) -> list[str]:
        """The way to the wrong or missing value, from the parameter or the body."""
        return [*pointers.split(self.pointer), *([self.missing] if self.missing else [])]

    @property
    def field(self) -> str:
        """The name of the parameter, or the member of the body; empty for the whole body."""
        return self.name or ".".join(self.steps)
