"""Whether an address answers, for health checks: `python probe.py http://localhost:8080/health`.

Ends with 0 if it answers below 400 in time. For addresses of the container itself alone.
"""

from __future__ import annotations

import http.client
import sys
from urllib.parse import urlsplit

TIMEOUT_S = 8.0


def is_well(url: str) -> bool:
    """Whether an http address answers in time, without an error."""
    split = urlsplit(url)
    connection = http.client.HTTPConnection(
        split.hostname or "", split.port or 80, timeout=TIMEOUT_S
    )
    try:
        connection.request("GET", f"{split.path}{'?' if split.query else ''}{split.query}" or "/")
        return connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_well(sys.argv[1]) else 1)
