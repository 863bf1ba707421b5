"""`python -m ingest.web.probe URL`: ends with 0 if the address answers below 400, for health checks.

For addresses of this machine alone; nothing of the answer is used.
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
