"""What can go wrong with an outside address or a source. None of these is ever an outcome."""

from predictions.errors import TrackRecordError


class FetchError(TrackRecordError):
    """The root of what a look at an outside address can raise. ``detail`` never repeats a query, path or secret."""

    title = "The outside address could not be read"


class AddressRefused(FetchError):
    """The address may not be asked at all; trying again changes nothing until the address or the allow-list does."""

    title = "The outside address is not allowed"


class SourceUnavailable(FetchError):
    """The source gave no usable answer this time. ``retry_after`` is in seconds, where the source named a time."""

    title = "The source could not be reached"

    def __init__(self, detail: str, *, retry_after: float | None = None, status: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.status = status


class TooSlow(SourceUnavailable):
    """The source used up its time."""

    title = "The source was too slow"


class SourceChanged(FetchError):
    """The source answered with something other than the shape it is known for: a person has to look."""

    title = "The source has changed its shape"


class TooLarge(SourceChanged):
    """The source sent more than it may."""

    title = "The source sent too much"


class NotConfigured(FetchError):
    """The operator has not set what the source needs, such as a token."""

    title = "The source is not set up"


class SnapshotLost(TrackRecordError):
    """A stored snapshot is gone or damaged, or a new one could not be written."""

    title = "The snapshot cannot be had"
