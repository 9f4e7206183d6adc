"""CSV downloads of the pages."""

import csv
import io

import pytest

from service.files.csv_injection import guard, unguard
from service.pages.rendering.csv_download import csv_reply


@pytest.mark.parametrize("text", ["=1+1", "\n=1+1", "'=1+1", "-x", "plain", ""])
def test_a_download_guards_the_cells_that_an_export_guards(text: str) -> None:
    body = bytes(csv_reply("x.csv", ["text", "number"], [[text, -0.5]]).body).decode()
    _, row = csv.reader(io.StringIO(body))
    assert row == [guard(text), "-0.5"]
    assert unguard(row[0]) == text
