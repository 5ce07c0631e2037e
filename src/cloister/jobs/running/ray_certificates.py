"""Certificates for the parts of one step's Ray cluster: an authority that signs one certificate and is forgotten.

Ray asks both ends of a connection for a certificate of the same authority
(https://docs.ray.io/en/latest/ray-core/configure.html#tls-authentication, read 2026-11).
"""

import os
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.x509.oid import NameOID

# One for each node of a step, as its driver numbers them.
_ADDRESSES = [ip_address(f"127.0.0.{2 + node}") for node in range(64)]
# Longer than any step may run.
_LIFETIME = timedelta(days=32)


def write_certificates(folder: Path) -> None:
    """Make the folder, with `authority.pem`, `certificate.pem` and `key.pem`."""
    folder.mkdir(mode=0o700)
    authority, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")), *map(x509.IPAddress, _ADDRESSES)]
    )
    own = _certificate("authority", authority, authority, x509.BasicConstraints(ca=True, path_length=0))
    signed = _certificate("ray", key, authority, names)
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with os.fdopen(os.open(folder / "key.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
    (folder / "authority.pem").write_bytes(own.public_bytes(pem))
    (folder / "certificate.pem").write_bytes(signed.public_bytes(pem))


def _certificate(
    name: str, key: EllipticCurvePrivateKey, signer: EllipticCurvePrivateKey, extension: x509.ExtensionType
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named("authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks of one machine; an hour for one that is set back.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(signer, hashes.SHA256())
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"cloister step: {name}")])
