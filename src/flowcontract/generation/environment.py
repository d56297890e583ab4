"""Sessions of Schemathesis that take nothing from the environment.

The library below it prefers HTTP_PROXY to the proxy of the options, also for a server on this machine, and what
`~/.netrc` says about a host to the caller's token. Whether a session does so is its attribute `trust_env`.
"""

import contextlib
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_users = 0


@contextlib.contextmanager
def without_environment() -> Iterator[None]:
    """While it is open, new sessions of Schemathesis ignore the environment."""
    global _users
    from schemathesis.transport.requests import SameHostRedirectsSession as Session  # Loading it takes time.

    def begin(session: Session) -> None:
        super(Session, session).__init__()
        session.trust_env = False

    with _lock:
        _users += 1
        if _users == 1:
            Session.__init__ = begin  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                del Session.__init__
