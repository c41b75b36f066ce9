"""The section ``email`` of the settings.

Standard library only: the Snakefile imports this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from immunostain.shared.errors import SettingsError

PORTS = {"starttls": 587, "ssl": 465, "none": 25}


@dataclass(frozen=True)
class EmailSettings:
    """Who gets a mail about a run, and how.

    Attributes
    ----------
    to
        Addresses; where there are none, no mail is written.
    sender
        An address.
    host, port
        The mail server.
    security
        ``starttls``, ``ssl`` or ``none``.
    user
        Its name on the server; empty: there is no login.
    password_variable
        The environment variable that holds the password.
    """

    to: tuple[str, ...] = ()
    sender: str = ""
    host: str = ""
    port: int = PORTS["starttls"]
    security: str = "starttls"
    user: str = ""
    password_variable: str = ""

    @property
    def would_show_the_password(self) -> bool:
        """Whether a password would go over an open line."""
        return bool(self.user) and self.security == "none"


def read(section: Mapping[str, Any]) -> EmailSettings:
    """Read the section of the complete settings.

    Raises
    ------
    SettingsError
        There is a user name, and no encryption.
    """
    to = section["to"] or []
    addresses = tuple(filter(str.strip, [to] if isinstance(to, str) else to))
    settings = EmailSettings(
        to=addresses,
        sender=section["from"] or (addresses[0] if addresses else ""),
        host=section["host"],
        port=section["port"] or PORTS[section["security"]],
        security=section["security"],
        user=section["user"] or "",
        password_variable=section["password_env"] or "",
    )
    if settings.would_show_the_password:
        raise SettingsError(
            "config: email.user is set and email.security is none, so that anyone on the way could "
            "read the password; take starttls or ssl, or leave email.user empty"
        )
    return settings
