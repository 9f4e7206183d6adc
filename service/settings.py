"""Read the settings: environment variables with the prefix TRACKRECORD_, or a .env file. See docs/settings.md."""

import os
import secrets
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from resolvers.notifications.senders.smtp import parse_smtp_url

PREFIX = "TRACKRECORD_"
#: Variables with the same prefix that are not settings: tokens of sources, and the kill points of tests.
OTHERS = ("TRACKRECORD_FEED_", "TRACKRECORD_KILL_AT")


class Settings(BaseSettings):
    """The settings of an operator; each field is the environment variable TRACKRECORD_<NAME>."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    state_dir: Path = Field(default=Path("trackrecord-data"), description="where database, keys and snapshots are kept")
    database_url: str = Field(default="", description="empty: SQLite in the state directory")
    host: str = Field(default="127.0.0.1", description="the address to listen on")
    port: int = Field(default=8000, ge=0, le=65535, description="the port to listen on")
    public_url: str = Field(default="", description="the address under which readers reach the service")
    public_read: bool = Field(default=True, description="false: reading needs a key with the scope read")
    admin_key: SecretStr | None = Field(default=None, description="sets the first admin key, for scripted installs")
    secret_key: SecretStr | None = Field(default=None, description="the secret behind stored keys and signed links")
    contact: str = Field(default="", description="an address for those whose pages are read; part of the User-Agent")
    smtp_url: SecretStr | None = Field(
        default=None, description="the mail server: smtp://user:password@host:587, or smtps://; without it no e-mail"
    )
    mail_from: str = Field(default="", description="where mail comes from; empty: trackrecord@ the public host")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="private hosts that webhooks and resolvers may reach: host, host:port or network"
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("127.0.0.1", "::1"), description="proxies whose X-Forwarded-For and -Proto are believed, as networks"
    )
    requests_per_minute: int = Field(default=3000, ge=0, description="of one address without a key; 0: no limit")
    key_requests_per_minute: int = Field(default=60_000, ge=0, description="of one key or session; 0: no limit")
    tick_seconds: float = Field(default=5.0, ge=0.05, le=3600, description="how often the scheduler sweeps")
    max_body_bytes: int = Field(
        default=1_000_000, ge=1000, description="the largest request body, except that of a batch"
    )

    @field_validator("allowed_hosts", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxy_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            try:
                ip_network(address)
            except ValueError:
                raise ValueError(f"{address!r} is not an address or network: write 192.0.2.1 or 192.0.2.0/24") from None
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value():
            return None
        if value is not None:
            parse_smtp_url(value.get_secret_value())
        return value

    @property
    def database(self) -> str:
        """Return the database URL with the installed driver."""
        if not self.database_url:
            return f"sqlite:///{self.state_dir / 'trackrecord.db'}"
        for scheme in ("postgresql://", "postgres://"):
            if self.database_url.startswith(scheme):
                return "postgresql+psycopg://" + self.database_url.removeprefix(scheme)
        return self.database_url

    @property
    def base_url(self) -> str:
        """Return the address that links start with, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def mail_sender(self) -> str:
        """Return the sender address of e-mails."""
        return self.mail_from or f"trackrecord@{urlsplit(self.base_url).hostname or 'localhost'}"

    def secret(self) -> bytes:
        """Return the secret of stored keys and signed links: the setting, or one stored in the state directory."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value().encode()
        path = self.state_dir / "secret"
        if not path.exists():
            write_private(path, secrets.token_hex(32))
        return path.read_text().strip().encode()


def unknown_variables(environment: Iterable[str]) -> Iterator[str]:
    """Yield a warning for each variable that has the prefix but is not a setting, since it would be ignored."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known and not name.startswith(OTHERS):
            near = get_close_matches(name, known, 1)
            yield f"{name} is not a setting and has no effect" + (f": did you mean {near[0]}?" if near else "")


def write_private(path: Path, text: str) -> bool:
    """Write a file that only its owner can read, unless it exists; return whether it was written."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text + "\n")
        os.link(part, path)  # at once and whole: a process that starts at the same moment must not read half of it
    except FileExistsError:
        return False
    finally:
        part.unlink(missing_ok=True)
    return True
