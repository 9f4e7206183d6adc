"""Read the settings: environment variables with the prefix TRACKRECORD_, or a .env file. See docs/settings.md."""

import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from predictions.enums import RankRecordedLate
from predictions.errors import InvalidInput
from service import setting_rules

PREFIX = "TRACKRECORD_"
ENV_FILE = ".env"
NEVER_EMPTY = ("state_dir", "host", "admin_key", "secret_key")
RULES: dict[str, Callable[[Any], Any]] = {
    "state_dir": setting_rules.state_directory,
    "database_url": setting_rules.database_url,
    "host": setting_rules.listening_host,
    "public_url": setting_rules.public_url,
    "admin_key": setting_rules.header_secret,
    "secret_key": setting_rules.secret,
    "contact": setting_rules.contact,
    "smtp_url": setting_rules.smtp_server,
    "mail_from": setting_rules.mail_sender,
    "allowed_hosts": setting_rules.outbound_hosts,
    "trusted_proxies": setting_rules.proxies,
}
#: Variables with the same prefix that are not settings: tokens of sources, and the kill points of tests.
OTHERS = ("TRACKRECORD_FEED_", "TRACKRECORD_KILL_AT")


class Settings(BaseSettings):
    """The settings of an operator; each field is the environment variable TRACKRECORD_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_file_encoding="utf-8-sig", extra="ignore", hide_input_in_errors=True
    )

    state_dir: Path = Field(default=Path("trackrecord-data"), description="where database, keys and snapshots are kept")
    database_url: str = Field(default="", description="empty: SQLite in the state directory")
    host: str = Field(default="127.0.0.1", description="the address to listen on")
    port: int = Field(default=8000, ge=0, le=65535, description="the port to listen on")
    public_url: str = Field(default="", description="the address under which readers reach the service")
    public_read: bool = Field(default=True, description="false: reading needs a key with the scope read")
    admin_key: SecretStr | None = Field(default=None, description="sets the first admin key, for scripted installs")
    secret_key: SecretStr | None = Field(default=None, description="the secret behind stored keys and signed links")
    contact: str = Field(default="", description="a mail or web address, in the User-Agent and security.txt")
    smtp_url: SecretStr | None = Field(
        default=None, description="the mail server: smtp://user:password@host:587, or smtps://; without it no e-mail"
    )
    mail_from: str = Field(default="", description="where mail comes from; empty: trackrecord@ the public host")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="private hosts that webhooks, chats and resolvers may reach: host, host:port or network"
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("127.0.0.1", "::1"), description="proxies whose X-Forwarded-For and -Proto are believed, as networks"
    )
    requests_per_minute: int = Field(default=3000, ge=0, description="of one address without a key; 0: no limit")
    key_requests_per_minute: int = Field(default=60_000, ge=0, description="of one key or session; 0: no limit")
    log_format: Literal["text", "json"] = Field(default="text", description="of the log: text, or json for programs")
    access_log: bool = Field(default=True, description="false: the log has no line for each request")
    archive_sources: bool = Field(default=False, description="true: editors may store snapshots of sources")
    contest_days: int = Field(default=7, ge=1, le=365, description="within which a contest is to be answered")
    rank_recorded_late: RankRecordedLate = Field(
        default=RankRecordedLate.SOURCED,
        description="which predictions recorded after the outcome are ranked: sourced, all or none",
    )
    tick_seconds: float = Field(default=5.0, ge=0.05, le=3600, description="how often the scheduler sweeps")
    max_body_bytes: int = Field(
        default=1_000_000, ge=1000, description="the largest request body, except that of a batch"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _check_text(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, str):
            setting_rules.printable(value)
            if info.field_name in NEVER_EMPTY:
                setting_rules.given(value)
            if info.field_name == "state_dir":
                setting_rules.path(value)
        return value

    @field_validator("allowed_hosts", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator(*RULES)
    @classmethod
    def _check(cls, value: Any, info: ValidationInfo) -> Any:
        rule = RULES[info.field_name or ""]
        if not isinstance(value, SecretStr):
            return None if value is None else rule(value)
        if not value.get_secret_value():
            return None
        rule(value.get_secret_value())
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
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def mail_sender(self) -> str:
        """Return the sender address of e-mails."""
        return self.mail_from or f"trackrecord@{urlsplit(self.base_url).hostname or 'localhost'}"

    def has_secret(self) -> bool:
        """Return whether there is a secret already."""
        return self.secret_key is not None or (self.state_dir / "secret").exists()

    def secret(self) -> bytes:
        """Return the secret of stored keys and signed links: the setting, or one stored in the state directory."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value().encode()
        path = self.state_dir / "secret"
        try:
            if not path.exists():
                write_private(path, secrets.token_hex(32))
            return path.read_text().strip().encode()
        except OSError as error:
            remedy = "set TRACKRECORD_STATE_DIR to a directory that this user may write"
            raise InvalidInput(f"the secret {path} cannot be kept ({error.strerror}): {remedy}") from None


def read_settings(**given: Any) -> Settings:
    """Read the settings; ``given`` values other than None override environment and file.

    Raises ``ValidationError`` for a wrong value, and ``InvalidInput`` for a file .env that cannot be used.
    """
    variables_in_file()
    return Settings(**{name: value for name, value in given.items() if value is not None})


def variables_in_file() -> list[str]:
    """Return the names that the file .env sets. Raises ``InvalidInput`` if it cannot be read or understood."""
    path = Path(ENV_FILE)
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8-sig") as file:
            lines = list(parse_stream(file))
    except UnicodeDecodeError:
        raise InvalidInput(f"the file {ENV_FILE} is not text in UTF-8: save it in that encoding") from None
    except OSError as error:
        remedy = "check its rights, or start from another directory"
        raise InvalidInput(f"the file {ENV_FILE} cannot be read ({error.strerror}): {remedy}") from None
    for line in lines:
        if line.error:
            form = "write NAME=value, with a value in quotation marks on one line"
            raise InvalidInput(f"line {line.original.line} of the file {ENV_FILE} cannot be understood: {form}")
        if line.key and line.value is None:
            raise InvalidInput(
                f"line {line.original.line} of the file {ENV_FILE} gives {line.key} no value: add = and one"
            )
    return [line.key.upper() for line in lines if line.key]


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
