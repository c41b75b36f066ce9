"""Mail servers of a test's own, on ports that nobody else can have in the meantime."""

import contextlib
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class Inbox:
    """Keeps the messages that arrive."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.port = 0  # of the server that asks it

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


class _Server(Controller):
    """A server on a port that it is given when it listens."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextlib.contextmanager
def serving(handler: Any, **options: Any) -> Iterator[int]:
    """Let a real server take what comes for a handler; give its port on this computer."""
    server = _Server(handler, hostname="127.0.0.1", port=0, ready_timeout=300, **options)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


@contextlib.contextmanager
def refusing() -> Iterator[int]:
    """Give a port at which connections are refused: it is taken, and nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
