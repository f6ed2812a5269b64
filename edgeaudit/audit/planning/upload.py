"""What is to be uploaded to Edge, and what Edge itself would say to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeaudit.audit.time_left import has_expired
from edgeaudit.x509.public_key import shares_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgeaudit.inventory import Alias
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.stores import Form

MOST_BYTES = 50 * 1024  # of a file (Edge API specification, "Keystores and truststores")


@dataclass(frozen=True)
class Upload:
    """A chain as it stands in a file, `size` bytes of the `form`, and what is known of its key.

    `fits` is whether the key is that of the first certificate, None where that is not known;
    `owner` is the other certificate of the chain whose key it is.
    `is_spaced` is whether an empty line stands between the certificates, as Edge wants it of PEM.
    """

    chain: tuple[Certificate, ...]
    form: Form
    size: int
    has_key: bool = False
    fits: bool | None = None
    is_spaced: bool = True
    owner: Certificate | None = None


def refusals(
    upload: Upload, present: Alias | None, now: datetime, *, takes_pkcs12_only: bool
) -> Iterator[str]:
    """Why Edge would not take it, or no handshake be made with it, each in a sentence.

    Sources: Edge API specification, "Keystores and truststores" (expired certificates, 50 KB, empty
    lines); "Creating keystores and truststores using the Edge UI" (PKCS#12 from 4.53 on).
    """
    for each in upload.chain:
        if has_expired(each, now):
            yield f"Edge refuses a certificate that has expired: {each.subject}"
    if upload.size > MOST_BYTES:
        yield f"Edge takes files of at most 50 KB, and this one has {upload.size:,} bytes"
    if not upload.is_spaced:
        yield "Edge wants an empty line between the certificates; --write makes such a file"
    if upload.form in ("PKCS#7", "JKS"):
        yield f"Edge takes no {upload.form}: certificates in PEM, with their key in PKCS#12"
    if upload.has_key and upload.form == "PEM" and takes_pkcs12_only:
        yield "this Edge takes private keys as PKCS#12 only; the steps make that of files in PEM"
    yield from _about_the_key(upload, present)


def _about_the_key(upload: Upload, present: Alias | None) -> Iterator[str]:
    if upload.fits is False:
        but = (
            f", but that of {upload.owner.subject}, which must stand first" if upload.owner else ""
        )
        yield f"the private key is not that of the first certificate{but}"
    old = present.chain[0].certificate if present and present.has_key and present.chain else None
    if old and not upload.has_key and shares_key(old, upload.chain[0]) is False:
        yield "it is for another private key than the alias holds, and comes without its own"


def unproved_key(upload: Upload, present: Alias | None) -> Iterator[str]:
    """What is not known of the private key, and breaks every handshake if it is another's."""
    if upload.has_key:
        if upload.fits is None and upload.form != "JKS":
            yield "whether the private key is its own could not be told"
        return
    held = present.certificates if present and present.has_key else ()
    if held and shares_key(held[0], upload.chain[0]) is None:
        yield "whether it is for the private key that the alias holds could not be told"
