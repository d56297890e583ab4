"""The settings of the mock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """How the mock serves; what it serves is the contract's."""

    host: str = "127.0.0.1"
    port: int = 8000
    tokens: tuple[str, ...] = ()
    profile: str = ""
    scenario: str | None = None
    cors: bool = True
    dynamic: bool = False
    seed: int = 0
