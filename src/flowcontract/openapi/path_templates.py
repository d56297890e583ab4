"""Path templates such as `/books/{id}` (OpenAPI 3.1.1, section 4.8.2, "Path Templating")."""

import re

PARAMETER = re.compile(r"\{([^{}]*)\}")
"""A parameter in a template; its group is the name."""


def parameter_names(path: str) -> list[str]:
    """The names of the parameters of a template, in their order."""
    found: list[str] = PARAMETER.findall(path)
    return found


def nameless(path: str) -> str:
    """A template without the names of its parameters, which requests do not have: `/books/{}`."""
    return PARAMETER.sub("{}", path)
