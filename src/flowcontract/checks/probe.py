"""A probe: one request of ours, why it is sent, and how a conforming server may respond. Values only.

Generation makes probes and checks look at the responses; both know this module, and neither knows the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flowcontract.http.messages import Request

ANOTHER_USER = "another user's credentials"
"""The trigger of probes of a second user."""
AFTER_HEAD = "after HEAD"
"""What a probe is called that shows whether a HEAD request leaves something behind on the connection."""
HEAD_NOT_SUPPORTED = (405, 501)
"""Statuses of a server without HEAD. A relation checks that it responds so to every HEAD request alike."""


class Expect(StrEnum):
    """What a conforming server does with a probe."""

    SUCCESS = "success"
    """An existing resource and an authorized caller: the documented success."""
    NOT_FOUND = "not found"
    """A resource ID that cannot exist and an authorized caller: 404."""
    NOT_BELOW = "not below"
    """An existing resource in the path of a parent that does not exist: any documented error."""
    DENIED = "denied"
    """An unauthorized caller: the documented 401 or 403."""
    METHOD_NOT_ALLOWED = "method not allowed"
    """A method that the contract does not have: 405, or denied."""
    SHADOWED = "shadowed"
    """A resource ID that may exist and that another route is known to take: found or not found, nothing else."""
    DOCUMENTED = "documented"
    """Generated input: any documented response."""
    REJECTED = "rejected"
    """Invalid input: a client error."""
    UNSPECIFIED = "unspecified"
    """Outside the contract: any response, as long as it neither fails nor leaks data."""


class Relation(StrEnum):
    """How the response to a probe relates to the response to an earlier one."""

    NONE = ""
    REPEAT = "repeat"
    """The same request: the same response."""
    SAME = "same"
    """A request that differs in undocumented input only: the same response."""
    HEAD = "head"
    """HEAD next to GET: the same without the content."""
    DENIAL = "denial"
    """The same denied response for an existing and a nonexistent resource."""
    LENIENT = "lenient"
    """Valid credentials in a malformed header next to wrong credentials: both may be denied."""
    ERROR_FORMAT = "error format"
    """An error response next to a documented one: the same format."""
    FOLLOWING_PAGE = "following page"
    """A page of a list next to the beginning of the list: what the pages before it do not have."""
    NEXT_PAGE = "next page"
    """The second page of a list next to the first one of the same size: other items."""
    UNFILTERED = "unfiltered"
    """A list with a filter that has to leave out items next to the same list without it."""
    ON_BOUND = "on bound"
    """A list with a bound that is the day of an item next to the same list without it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One request of a plan."""

    name: str
    """Unique in the plan: `group/what/resource`."""
    reason: str
    """What conforming servers do, in one sentence: why it is worth sending."""
    operation: str
    """ID of the operation under test."""
    request: Request
    expect: Expect
    values: Mapping[str, str] = field(default_factory=dict)
    """Path parameters as a server decodes them; empty where the path is not the operation's."""
    tolerated: tuple[int, ...] = ()
    """Statuses beyond `expect` that a conforming server may choose as well."""
    odd: bool = False
    """The HTTP layer or a router may reject it before the application sees it, with an error body of its own."""
    may_exist: bool = False
    """A resource ID that might exist after all: a response that is consistent with it is accepted."""
    trigger: str = ""
    """What is special about the request; failures with different triggers are different findings."""
    compare_with: str = ""
    """Name of the earlier probe that `relation` compares with."""
    relation: Relation = Relation.NONE
    new_connection: bool = False
    """Sent over a new connection."""
    concurrent_group: str = ""
    """Consecutive probes with the same text here are sent concurrently."""
    only_if_denied: str = ""
    """Name of the earlier probe that the server must have denied: else this one might change data, and is not sent."""
    denials: tuple[int, ...] = (401, 403, 405, 501)
    """Statuses with which it was denied: the server looked at the caller or the method, and not at a resource."""

    is_generated: bool = False
    """Drawn at random, not one of a plan."""
    references: tuple[str, ...] = ()
    """Members of the body whose values come from earlier responses: IDs of other resources, versions."""

    @property
    def resource_id(self) -> str:
        """The last path parameter: the ID of the resource that the request is about; empty for none."""
        return list(self.values.values())[-1] if self.values else ""

    @property
    def group(self) -> str:
        """The first part of the name."""
        return self.name.partition("/")[0]

    @property
    def is_about_one_value(self) -> bool:
        """Whether an unusual value of one query parameter is added to a request that succeeds without it."""
        return self.group in ("text", "value")
