"""Secrets that are shown once and kept as digests."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Final

LONGEST: Final = 128
"""Characters of the longest secret that is worth hashing."""


def make_secret(prefix: str = "") -> str:
    """Return 32 random bytes as URL-safe text, behind a prefix that tells people what it is."""
    return prefix + secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """Return the SHA-256 of a secret; 256 random bits need no salt and no stretching."""
    return sha256(secret[:LONGEST].encode("utf-8", "surrogatepass")).hexdigest()
