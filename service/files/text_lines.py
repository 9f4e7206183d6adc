"""Decode a text file line by line, with errors that refer to the line."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from predictions.errors import InvalidInput

MAX_LINE_BYTES = 1_000_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK": "a zip or spreadsheet file", b"\x1f\x8b": "gzip"}


def text_lines(file: BinaryIO, encoding: str, progress: Callable[[int], None]) -> Iterator[str]:
    """Yield the lines of ``file`` with their line ends, without a byte order mark; report their bytes to ``progress``.

    Raises ``InvalidInput`` at the first line that is not text in ``encoding``, has a NUL byte, or is over a million
    bytes long: the lines after it may be damaged.
    """
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        progress(len(line))
        if number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
            _check_text(line)
        if len(line) > MAX_LINE_BYTES:
            raise InvalidInput(f"is longer than {MAX_LINE_BYTES} bytes: check the quotation marks and line ends")
        if b"\x00" in line:
            raise InvalidInput("has a NUL byte: the file is damaged or not a text file; export it again as UTF-8")
        try:
            yield line.decode(encoding)
        except UnicodeDecodeError as error:
            raise InvalidInput(
                f"byte {error.start + 1} (0x{line[error.start]:02x}) is not valid {encoding}: save the file as UTF-8, "
                "or name its encoding with --encoding, for example cp1252"
            ) from None


def _check_text(start: bytes) -> None:
    for mark, file_type in _OTHER_MARKS.items():
        if start.startswith(mark):
            raise InvalidInput(
                f"the file is {file_type}, not UTF-8 text: save it as CSV UTF-8 or as JSON Lines in UTF-8"
            )
