"""Files to keep (下载): bytes under a name that may be Chinese."""

from __future__ import annotations

from io import BytesIO

from flask import Response, send_file


def attachment(data: bytes, name: str, content_type: str) -> Response:
    """Answer with a file to keep. name: as people read it; browsers get it in the encoding of RFC 5987."""
    answer = send_file(BytesIO(data), mimetype=content_type, as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
