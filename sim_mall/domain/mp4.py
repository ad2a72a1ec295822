"""MP4 by content (视频文件): the boxes of ISO 14496-12, as far as a player needs them. Pure."""

from __future__ import annotations

MAX_BOXES = 2_000


def boxes(data: bytes) -> list[str] | None:
    """Return the kinds of the file's boxes in their order, None where they do not fill it exactly."""
    found: list[str] = []
    place = 0
    while place < len(data):
        if len(found) >= MAX_BOXES or place + 8 > len(data):
            return None
        size = int.from_bytes(data[place : place + 4], "big")
        kind = data[place + 4 : place + 8]
        if size == 1:
            size = int.from_bytes(data[place + 8 : place + 16], "big")
        elif size == 0:  # to the end of the file
            size = len(data) - place
        if size < 8 or place + size > len(data) or not kind.isascii():
            return None
        found.append(kind.decode("ascii"))
        place += size
    return found


def is_mp4(data: bytes) -> bool:
    """Say whether these bytes are a whole MP4: the type first, then a movie with its data."""
    found = boxes(data)
    return found is not None and found[:1] == ["ftyp"] and {"moov", "mdat"} <= set(found)
