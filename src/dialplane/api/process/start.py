"""The API as a process: the app, and the server with the limits that the settings give it."""

from collections.abc import Callable

from dialplane.api.app import create_app
from dialplane.api.process.server import Server, limited_protocol, make_server
from dialplane.control.bootstrap import FirstStart
from dialplane.settings import Settings


def server_from(settings: Settings, *, on_first_start: Callable[[FirstStart], None]) -> Server:
    """A server that is ready to run. Port 0 takes a free one; `Server.port` tells which."""
    host, port = settings.http
    return make_server(
        create_app(settings, on_first_start=on_first_start),
        host=host,
        port=port,
        protocol=limited_protocol(
            header_timeout_s=settings.header_timeout_s,
            header_limit_bytes=settings.header_limit_bytes,
            header_limit_count=settings.header_limit_count,
        ),
        keep_alive_s=settings.keep_alive_s,
        shutdown_timeout_s=settings.shutdown_timeout_s,
        trusted_proxies=settings.trusted_proxies,
    )
