"""What generated values depend on besides what they are for."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from flowcontract.openapi.values.plausible import TODAY


class Seed(NamedTuple):
    """A random seed, and the day that generated moments lie around. Equal ones give equal values."""

    number: int = 0
    today: date = TODAY

    @classmethod
    def of(cls, number: int, today: str) -> "Seed":
        """The seed with a number. `today`: a date, `now` for the current one (UTC), empty for a fixed day."""
        if today == "now":
            return cls(number, datetime.now(UTC).date())
        return cls(number, date.fromisoformat(today) if today else TODAY)


DEFAULT = Seed()
