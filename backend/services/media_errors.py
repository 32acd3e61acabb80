"""What receiving and showing photo bytes may refuse."""

from __future__ import annotations

from backend.services.errors import NotFound, ServiceError


class TusVersionUnsupported(ServiceError):
    """The client speaks another version of tus, or says none."""

    code = "tus-version-unsupported"


class HeaderInvalid(ServiceError):
    """A tus header is missing or cannot be read."""

    code = "header-invalid"


class ChecksumUnsupported(HeaderInvalid):
    code = "checksum-unsupported"


class MetadataInvalid(ServiceError):
    """`Upload-Metadata` is not what tus or this server asks for."""

    code = "metadata-invalid"


class FileEmpty(ServiceError):
    code = "file-empty"


class ContentTypeWrong(ServiceError):
    code = "content-type-unsupported"


class ChecksumWrong(ServiceError):
    """The bytes of a request are not those of its `Upload-Checksum`; none was kept."""

    code = "checksum-mismatch"


class HashWrong(ServiceError):
    """The whole file is not the one whose SHA-256 was stated; the upload starts over."""

    code = "sha256-mismatch"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, offset=0)


class OffsetWrong(ServiceError):
    """The request does not go on where the server stands."""

    code = "offset-conflict"

    def __init__(self, offset: int) -> None:
        super().__init__(f"The server has {offset} bytes of this upload; go on from there.", offset=offset)


class LengthExceeded(ServiceError):
    """More bytes than the upload was announced with, or another length than before."""

    code = "upload-length-conflict"


class UploadExpired(ServiceError):
    code = "upload-expired"


class NoThumbnail(NotFound):
    """Only images have one."""

    code = "no-thumbnail"
