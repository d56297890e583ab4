"""Sessions of Schemathesis that take nothing from the environment.

The library below it prefers HTTP_PROXY to the proxy of the options, also for a server on this machine, and what
`~/.netrc` says about a host to the caller's token. Whether a session does so is its attribute `trust_env`.
"""

from contextlib import AbstractContextManager

from flowcontract.generation.shared_change import SharedChange


def without_environment() -> AbstractContextManager[None]:
    """While it is open, new sessions of Schemathesis ignore the environment."""
    return _CHANGE.in_use()


def _ignore_environment() -> None:
    from schemathesis.transport.requests import SameHostRedirectsSession as Session  # Loading it takes time.

    def begin(session: Session) -> None:
        super(Session, session).__init__()
        session.trust_env = False

    Session.__init__ = begin  # type: ignore[method-assign, assignment]


def _heed_environment() -> None:
    from schemathesis.transport.requests import SameHostRedirectsSession as Session

    del Session.__init__


_CHANGE = SharedChange(_ignore_environment, _heed_environment)
