"""Keys leave this machine sealed with a passphrase, so that a stolen copy opens nothing."""

import base64
import json
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

COST, BLOCK, SIDE_BY_SIDE, KEY_BYTES = 2**15, 8, 1, 32
"""What one guess costs: 32 MB of memory and a tenth of a second."""


class DoesNotOpen(Exception):
    """Another passphrase, or not the bytes that were sealed."""


def seal(files: dict[str, bytes], passphrase: str) -> bytes:
    """These files as one text that only the passphrase opens."""
    salt, nonce = os.urandom(16), os.urandom(12)
    clear = json.dumps({name: base64.b64encode(held).decode() for name, held in files.items()})
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, clear.encode(), None)
    parts = {"salt": salt, "nonce": nonce, "sealed": sealed}
    return json.dumps({n: base64.b64encode(part).decode() for n, part in parts.items()}).encode()


def unseal(text: bytes, passphrase: str) -> dict[str, bytes]:
    """The files again."""
    try:
        parts = {name: base64.b64decode(part) for name, part in json.loads(text).items()}
        cipher = AESGCM(_key(passphrase, parts["salt"]))
        clear = cipher.decrypt(parts["nonce"], parts["sealed"], None)
    except (InvalidTag, KeyError, ValueError):
        raise DoesNotOpen("the keys do not open with this passphrase") from None
    return {name: base64.b64decode(held) for name, held in json.loads(clear).items()}


def _key(passphrase: str, salt: bytes) -> bytes:
    kdf = Scrypt(salt=salt, length=KEY_BYTES, n=COST, r=BLOCK, p=SIDE_BY_SIDE)
    return kdf.derive(passphrase.encode())
