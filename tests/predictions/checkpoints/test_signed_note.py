"""Signed notes: the example of the format's first implementation, and what is no note or no signature."""

import pytest

from predictions.checkpoints.signed_note import Note, Signer, VerifierKey, sign
from predictions.checkpoints.statement import Statement
from predictions.errors import InvalidInput
from tests.support.fake_clock import START

#: Keys and note from the documentation of golang.org/x/mod/sumdb/note.
SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
NOTE = f"{TEXT}\n— PeterNeumann {SIGNATURE}\n"
STATED = Statement("record.example.org", 7, b"r" * 32, "a" * 64, START)


def test_keys_and_signatures_are_those_of_the_format() -> None:
    signer, key = Signer.parse(SECRET), VerifierKey.parse(PUBLIC)
    assert (signer.verifier, str(key), signer.secret_text()) == (key, PUBLIC, SECRET)
    assert sign(TEXT, [signer]) == NOTE
    assert Note.parse(NOTE).text == TEXT
    assert Note.parse(NOTE).signers([key, Signer.new("other").verifier]) == [key]
    assert SECRET[-20:] not in repr(signer)


def test_one_invalid_signature_in_the_name_of_a_known_key_refuses_the_note() -> None:
    one, other = Signer.new("one"), Signer.new("other")
    note = sign(TEXT, [one, other])
    keys = [one.verifier, other.verifier]
    assert Note.parse(note).signers(keys) == keys
    assert Note.parse(note).signers(keys[:1]) == keys[:1]
    forged = note.replace("the answer", "no answer")
    assert Note.parse(forged).signers(keys) == []
    lines = sign(TEXT, [one]) + sign("other\n", [other]).splitlines(keepends=True)[-1]
    assert Note.parse(lines).signers(keys) == []
    assert Note.parse(lines).signers(keys[:1]) == keys[:1]


@pytest.mark.parametrize(
    "note", ["", TEXT, NOTE[:-1], NOTE.replace("—", "-"), NOTE + "more\n", f"{TEXT}\n", NOTE.replace("\n\n", "\n")]
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(InvalidInput, match="no signed note"):
        Note.parse(note)


@pytest.mark.parametrize(
    "key",
    ["", PUBLIC.replace("c74f", "c74e"), PUBLIC[:-4], PUBLIC.replace("+AR", "+Ag"), "a b" + PUBLIC, PUBLIC + "\n"],
)
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match="no key"):
        VerifierKey.parse(key)
    with pytest.raises(InvalidInput):
        Signer.parse(f"PRIVATE+KEY+{key}")


def test_the_text_of_a_checkpoint_is_read_as_it_is_written_and_in_no_other_form() -> None:
    text = STATED.text()
    assert text.splitlines() == [
        "record.example.org",
        "7",
        "cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=",
        f"7 {'a' * 64}",
        "2025-04-01T12:00:00+00:00",
    ]
    assert Statement.parse(text) == STATED
    for other in (
        *("", text[:-1], text + "\n", text.replace("7\n", "07\n"), text.replace("7 a", "8 a")),
        *(text.replace("+00:00", "Z"), text.replace("nI=", "nJ="), text.replace("aaaa", "AAAA")),
    ):
        with pytest.raises(InvalidInput, match="no checkpoint"):
            Statement.parse(other)
