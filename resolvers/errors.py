"""Errors of outside addresses and sources; none of them counts as an outcome."""

from predictions.errors import TrackRecordError


class FetchError(TrackRecordError):
    """Base of all errors that a request to an outside address can raise; ``detail`` holds no query, path or secret."""

    title = "The outside address could not be read"


class AddressRefused(FetchError):
    """Address that may not be requested; retrying is useless until the address or the allow-list changes."""

    title = "The outside address is not allowed"


class SourceUnavailable(FetchError):
    """Source without a usable response this time; ``retry_after`` is in seconds, None if not named."""

    title = "The source could not be reached"

    def __init__(self, detail: str, *, retry_after: float | None = None, status: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.status = status


class TooSlow(SourceUnavailable):
    """Source that did not respond within its time limit."""

    title = "The source was too slow"


class SourceChanged(FetchError):
    """Source whose response no longer has the known format; a person has to check it."""

    title = "The source has changed its format"


class TooLarge(SourceChanged):
    """Source whose response is larger than the limit."""

    title = "The response of the source is too large"


class NotConfigured(FetchError):
    """Setting that the source needs, such as a token, and that the operator has not set."""

    title = "The source is not set up"


class SnapshotLost(TrackRecordError):
    """Snapshot that is missing or damaged, or that could not be written."""

    title = "The snapshot is not available"
