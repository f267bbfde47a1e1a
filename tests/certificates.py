"""A certificate for 127.0.0.1 that nobody trusts yet."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest


def make_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make one, with the name by which OpenSSL finds it in a folder; return a server's context, and its file."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    hashing = ["openssl", "x509", "-hash", "-noout", "-in", str(certificate)]
    try:
        subprocess.run(command, check=True, capture_output=True)
        digest = subprocess.run(hashing, check=True, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        pytest.skip("openssl is not here to make a certificate")
    (folder / f"{digest}.0").write_bytes(certificate.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
