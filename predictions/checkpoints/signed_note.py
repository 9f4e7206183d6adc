"""Signed notes as C2SP describes them (c2sp.org/signed-note), with Ed25519 signatures.

A note is a text, an empty line, and a line for each signature: "— name base64(key id || signature)".
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from predictions.errors import InvalidInput

_ED25519 = b"\x01"
_PRIVATE = "PRIVATE+KEY+"
_KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+=*)")
#: Notes of others may be large; ours have a few hundred characters.
MOST_CHARACTERS = 20_000


@dataclass(frozen=True)
class VerifierKey:
    """A public key and the name of who signs with it."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Return the key that a text in the form name+id+key describes. Raises ``InvalidInput``."""
        name, encoded = _parse_key(text)
        key = cls(name, encoded)
        if str(key) != text:
            raise InvalidInput(f"{text!r} is no key for checkpoints: its id does not fit the key")
        return key

    @property
    def id(self) -> bytes:
        """Return the four bytes that name the key in signatures."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        """Return the key as name+id+key."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def has_signed(self, text: str, signature: bytes) -> bool:
        """Return whether the signature of the text is valid."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """A private key and the name of who signs with it."""

    name: str
    private: bytes

    @classmethod
    def new(cls, name: str) -> "Signer":
        """Return a new random key."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "Signer":
        """Return the key that a text in the form PRIVATE+KEY+name+id+key holds. Raises ``InvalidInput``."""
        signer = cls(*_parse_key(text.removeprefix(_PRIVATE)))
        if signer.secret_text() != text:
            raise InvalidInput("is no private key for checkpoints, or its id does not fit the key")
        return signer

    @property
    def verifier(self) -> VerifierKey:
        """Return the public key."""
        return VerifierKey(self.name, self._key.public_key().public_bytes_raw())

    def secret_text(self) -> str:
        """Return the key in the form PRIVATE+KEY+name+id+key."""
        encoded = base64.b64encode(_ED25519 + self.private).decode()
        return f"{_PRIVATE}{self.name}+{self.verifier.id.hex()}+{encoded}"

    def signature_line(self, text: str) -> str:
        """Return the line that signs a text."""
        signature = base64.b64encode(self.verifier.id + self._key.sign(text.encode())).decode()
        return f"— {self.name} {signature}\n"

    def __repr__(self) -> str:
        """Return a text without the private key, which must not be logged."""
        return f"Signer({self.name!r})"

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.private)


@dataclass(frozen=True)
class Note:
    """A text and its signatures: name, key id and signature of each."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]

    @classmethod
    def parse(cls, note: str) -> "Note":
        """Return text and signatures of a note, whose signatures are not checked. Raises ``InvalidInput``."""
        text, separator, lines = note.rpartition("\n\n")
        matches = [_SIGNATURE.fullmatch(line) for line in lines.removesuffix("\n").split("\n")]
        if not separator or not note.endswith("\n") or len(note) > MOST_CHARACTERS or None in matches:
            raise InvalidInput("is no signed note: text, an empty line, and lines that begin with — and a name")
        signatures = [(match[1], _decoded(match[2])) for match in matches if match is not None]
        return cls(text + "\n", tuple((name, data[:4], data[4:]) for name, data in signatures))

    def signers(self, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
        """Return those of the keys that have signed the text; none if a signature in the name of one is not valid."""
        known, signed = {(key.name, key.id): key for key in keys}, []
        for name, key_id, signature in self.signatures:
            key = known.get((name, key_id))
            if key is not None and not key.has_signed(self.text, signature):
                return []
            signed += [] if key is None else [key]
        return signed


def sign(text: str, signers: Sequence[Signer]) -> str:
    """Return the note of a text, which must end with a line feed, signed by each of the signers."""
    return "".join([text, "\n", *(signer.signature_line(text) for signer in signers)])


def _parse_key(text: str) -> tuple[str, bytes]:
    match = _KEY.fullmatch(text)
    data = _decoded(match[3]) if match else b""
    if match is None or len(data) != 33 or data[:1] != _ED25519:
        raise InvalidInput("is no key for checkpoints: it must be name+id+key, with an Ed25519 key in base64")
    return match[1], data[1:]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
