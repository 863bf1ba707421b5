"""`serve`: the board and articles for readers, health and metrics for machines, over HTTP."""

from __future__ import annotations

import contextlib
import functools
import socket
from typing import Annotated

import typer

from ingest.cli.context import CALL, command
from ingest.cli.output import talk
from ingest.cli.runs import seconds_of
from ingest.errors import SettingsError, UsageError
from ingest.lines import listed
from ingest.pipeline.services import utc_now
from ingest.store import open_store


@command
def serve(
    metrics: Annotated[
        bool, typer.Option("--metrics", help="Serve /metrics and /health, too.")
    ] = False,
    pages: Annotated[
        bool, typer.Option("--pages/--no-pages", help="Serve /board and /article/<id>.")
    ] = True,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 9464,
    max_age: Annotated[
        str, typer.Option(help="/health answers 503 if the last good pass is older.")
    ] = "30m",
) -> None:
    """Serve the board, articles and, if asked, metrics. No password: mind who can reach it."""
    if not (pages or metrics):
        raise UsageError("serve", "is not told what to serve", "write serve --metrics")
    try:
        import uvicorn  # noqa: PLC0415  an extra

        from ingest.web.app import make_app  # noqa: PLC0415
    except ImportError as exc:
        raise SettingsError(
            "serve",
            "starlette or uvicorn is not installed",
            "pip install 'summitwatch[web]', or in a checkout: make serve",
        ) from exc
    settings = CALL.settings()
    opened = functools.partial(open_store, settings.store, settings.prefix, create=False)
    app = make_app(
        opened,
        utc_now,
        timezone=settings.timezone,
        max_age_s=seconds_of(max_age, "--max-age"),
        pages=pages,
        metrics=metrics,
    )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise UsageError(f"{host}:{port}", reason, "name another --host or --port") from exc
    with listener:
        shown = f"[{host}]" if ":" in host else host
        base = f"http://{shown}:{listener.getsockname()[1]}"
        served = ["board"] * pages + ["health", "metrics"] * metrics
        talk(f"serving {listed([f'{base}/{name}' for name in served], 'and')}")
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                proxy_headers=False,
                server_header=False,
            )
        )
        with contextlib.suppress(KeyboardInterrupt):  # raised again by uvicorn; it is how to end it
            server.run(sockets=[listener])
