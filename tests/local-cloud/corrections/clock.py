"""Times: now, how they are written, and how what is written grows older.

Instants are seconds since 1970 as a float, cut to milliseconds as AWS stores them.
"""

import re
import time
from datetime import UTC, datetime

SECONDS_A_DAY = 86_400

RFC3339_UTC = re.compile(
    r"\b(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|z|\+00:00)(?![\d:])"
)


def now() -> float:
    return time.time_ns() // 1_000_000 / 1000


def rfc3339(instant: float) -> str:
    """With milliseconds and `Z`."""
    moment = datetime.fromtimestamp(instant, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def older_text(text: str, seconds: float) -> str:
    """Moves every RFC 3339 UTC time in `text` back, each in the form it is written in.

    What only looks like a time (a 13th month) stays.
    """

    def older(match: re.Match) -> str:
        whole, fraction, zone = match[1], match[2] or "", match[3]
        try:
            moment = datetime.fromisoformat(whole.upper() + "+00:00")
            # In units of the last digit that is written, so that none is lost.
            unit = 10 ** len(fraction)
            units = int(moment.timestamp()) * unit + int(fraction or 0)
            seconds_left, rest = divmod(units - round(seconds * unit), unit)
            moved = datetime.fromtimestamp(seconds_left, UTC)
        except (ValueError, OverflowError, OSError):
            return match[0]
        digits = f".{rest:0{len(fraction)}d}" if fraction else ""
        return moved.strftime(f"%Y-%m-%d{whole[10]}%H:%M:%S") + digits + zone

    return RFC3339_UTC.sub(older, text)
