"""The HTTP server: uvicorn, set up by the settings."""

import asyncio
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from dialplane.api.app import create_app
from dialplane.api.server.peers import TrustedProxies, unix_socket
from dialplane.api.server.prefix import Prefixed
from dialplane.api.server.protocol import limited_protocol
from dialplane.control.bootstrap import FirstStart
from dialplane.settings import Settings

log = structlog.get_logger("dialplane.api")


class Server(uvicorn.Server):
    """A server that ends long polls before it waits for the requests in flight; on a unix socket, too, if it is set."""

    def __init__(self, config: uvicorn.Config, *, app: Starlette, settings: Settings) -> None:
        super().__init__(config)
        self.app = app
        self._unix, self._unix_mode = settings.http_socket, int(settings.http_socket_mode, 8)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            unix = unix_socket(self._unix, self._unix_mode) if self._unix else None
        except OSError as error:
            log.error("the unix socket cannot be listened on", socket=str(self._unix), why=error.strerror or str(error))
            sys.exit(1)
        await super().startup(sockets)
        if unix is not None and self.started:
            made: Any = self.config.http_protocol_class  # uvicorn types it as any protocol of asyncio
            protocol = partial(made, config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
            serving = asyncio.get_running_loop().create_unix_server(protocol, sock=unix, backlog=self.config.backlog)
            self.servers.append(await serving)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.app.state.services.stopping.set()
        await super().shutdown(sockets)

    @property
    def port(self) -> int:
        """The port it listens on, once it has started."""
        number: int = self.servers[0].sockets[0].getsockname()[1]
        return number


def make_server(settings: Settings, *, on_first_start: Callable[[FirstStart], None]) -> Server:
    """A server that is ready to run. Port 0 takes a free one; `Server.port` has its number."""
    host, port = settings.http
    host = "" if host == "::" else host  # asyncio listens on all addresses, those of IPv4 too
    proxies = TrustedProxies(settings.trusted_proxies)
    app = create_app(settings, on_first_start=on_first_start)
    served: Any = app  # uvicorn and Starlette describe the same messages by types of their own
    if settings.trusted_proxies or settings.http_socket:
        served = ProxyHeadersMiddleware(served, trusted_hosts=proxies.texts)
    config = uvicorn.Config(
        Prefixed(served, prefix=settings.root_path, trusted=proxies),
        host=host,
        port=port,
        http=limited_protocol(
            header_timeout_s=settings.header_timeout_s,
            header_limit_bytes=settings.header_limit_bytes,
            header_limit_count=settings.header_limit_count,
            write_timeout_s=settings.write_timeout_s,
            connections_per_address=settings.connections_per_address,
            proxies=proxies,
        ),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # done above, where the prefix still sees the proxy's address
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=settings.shutdown_timeout_s,
    )
    return Server(config, app=app, settings=settings)
