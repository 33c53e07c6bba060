"""The HTTP server: uvicorn, set up by the settings."""

import socket
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from dialplane.api.app import create_app
from dialplane.api.server.prefix import Prefixed
from dialplane.api.server.protocol import limited_protocol
from dialplane.control.bootstrap import FirstStart
from dialplane.settings import Settings


class Server(uvicorn.Server):
    """A server that ends long polls before it waits for the requests in flight."""

    def __init__(self, config: uvicorn.Config, *, app: Starlette) -> None:
        super().__init__(config)
        self.app = app

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
    trusted_proxies = list(settings.trusted_proxies)
    app = create_app(settings, on_first_start=on_first_start)
    networks = [ip_network(text) for text in trusted_proxies]
    served: Any = app  # uvicorn and Starlette describe the same messages by types of their own
    if trusted_proxies:
        served = ProxyHeadersMiddleware(served, trusted_hosts=trusted_proxies)
    config = uvicorn.Config(
        Prefixed(served, prefix=settings.root_path, trusted=networks),
        host=host,
        port=port,
        http=limited_protocol(
            header_timeout_s=settings.header_timeout_s,
            header_limit_bytes=settings.header_limit_bytes,
            header_limit_count=settings.header_limit_count,
            write_timeout_s=settings.write_timeout_s,
            connections_per_address=settings.connections_per_address,
            proxies=networks,
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
    return Server(config, app=app)
