"""A certificate for the servers of these tests, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from receivers import make_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate that OpenSSL trusts for this test, as an operator would tell it to."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate
