"""Secret links of contests: by it their sender follows the state, and withdraws a contest that nobody has taken up.

A link holds the number of the contest and a signature; nothing is stored for it.
"""

import hashlib

from itsdangerous import BadData, URLSafeSerializer

from predictions.errors import NotFound

PATH = "/contest/"


def contest_link(secret: bytes, number: int) -> str:
    """Return the path of the page that shows a contest to its sender."""
    token: str = _serializer(secret).dumps(number)
    return f"{PATH}{token}"


def contest_number(secret: bytes, token: str) -> int:
    """Return the number of the contest that a link opens. Raises ``NotFound`` if this server did not make it."""
    try:
        number: int = _serializer(secret).loads(token)
    except BadData:
        raise NotFound("this link was not made by this server: copy all of it") from None
    return number


def _serializer(secret: bytes) -> URLSafeSerializer:
    settings = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(secret, salt="trackrecord contest link", signer_kwargs=settings)
