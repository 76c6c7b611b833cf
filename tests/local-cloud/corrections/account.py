"""One lock an account: what a request reads and changes, it reads and changes alone.

moto's backends are plain dictionaries without locks; AWS's own calls are atomic.
"""

from collections import defaultdict
from contextlib import contextmanager
from threading import Lock, RLock

from moto.core import DEFAULT_ACCOUNT_ID

from corrections import history

_making = Lock()
_locks: dict[str, RLock] = defaultdict(RLock)


@contextmanager
def reading(account: str):
    """Nothing in the account changes meanwhile."""
    with _making:
        lock = _locks[account]
    with lock:
        yield


@contextmanager
def changing(account: str):
    """As `reading`; what has changed at the end can be read as of later."""
    with reading(account):
        try:
            yield
        finally:
            history.record(account)


def of(environ: dict) -> str:
    """The account that a request is for: moto's header, else moto's default."""
    return environ.get("HTTP_X_MOTO_ACCOUNT_ID", DEFAULT_ACCOUNT_ID)
