"""Electronic seal (电子签章) of PDF files: PAdES with the platform's own key, and the check of a sealed file.

The key is the PEM file of ``SIGNING_FILE`` (private key, then certificate), or one made on first use in the
variable folder with a certificate that signs itself. Nothing is fetched while sealing or checking.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import current_app

from app.core import clock
from app.core.errors import InvalidInput
from app.core.threads import in_a_thread

FIELD = "PlatformSeal"
YEARS = 20
NAME = "网络创业培训教学辅助平台"


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What the check of a file found. sound: sealed by this platform, and not a byte was changed since."""

    sealed: bool
    intact: bool = False
    ours: bool = False
    whole: bool = False

    @property
    def sound(self) -> bool:
        return self.sealed and self.intact and self.ours and self.whole


def make_key(path: Path) -> None:
    """Write a new key with its certificate; readable by the owner only. Keeps a file that is there already."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.fromtimestamp(clock.now().timestamp(), UTC)
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"), False
    ) | {"encipher_only": False, "decipher_only": False}
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(text)


def _key_file() -> Path:
    settings = current_app.config["SETTINGS"]
    path: Path = settings.signing_file or settings.var_dir / "signing.pem"
    if settings.signing_file is None and not path.exists():
        make_key(path)
    return path


def _signer() -> Any:
    from pyhanko.sign import signers

    path = str(_key_file())
    signer = signers.SimpleSigner.load(path, path)
    if signer is None:
        raise InvalidInput("签章密钥读不出来：SIGNING_FILE 应是含私钥和证书的 PEM 文件，请联系管理员。")
    return signer


def seal_pdf(data: bytes, reason: str) -> bytes:
    """Return the PDF with the platform's seal over all of it. reason: shown by PDF readers."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko.sign.fields import SigSeedSubFilter

    meta = signers.PdfSignatureMetadata(field_name=FIELD, subfilter=SigSeedSubFilter.PADES, reason=reason, name=NAME)
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    signer = _signer()
    made = in_a_thread(lambda: signers.sign_pdf(writer, meta, signer=signer))
    sealed: bytes = made.getvalue()
    return sealed


def check_pdf(data: bytes) -> SealCheck:
    """Say whether this PDF bears the platform's seal and is unchanged since; never raises for broken files."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    certificate = _signer().signing_cert
    try:
        seals = list(PdfFileReader(io.BytesIO(data), strict=False).embedded_signatures)
        if len(seals) != 1:
            return SealCheck(sealed=bool(seals))
        context = ValidationContext(trust_roots=[certificate], allow_fetching=False)
        status = in_a_thread(lambda: validate_pdf_signature(seals[0], context))
        same = seals[0].signer_cert is not None and seals[0].signer_cert.dump() == certificate.dump()
        whole = status.coverage is not None and status.coverage.name == "ENTIRE_FILE"
        whole = whole and status.modification_level in {None, ModificationLevel.NONE}
        return SealCheck(True, bool(status.intact and status.valid), bool(same and status.trusted), whole)
    except Exception:  # noqa: BLE001 - a changed file breaks the reader in every way there is
        return SealCheck(sealed=False)
