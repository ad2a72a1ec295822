"""WebSocket frames (RFC 6455) as the server writes them: never masked, never compressed."""

from __future__ import annotations

from engineio import packet as engine_packet
from wsproto.frame_protocol import CloseReason, FrameProtocol

_encoder = FrameProtocol(client=False, extensions=[])


def text_frame(text: str) -> bytes:
    """Return one finished text frame."""
    return bytes(_encoder.send_data(text, fin=True))


def packet_frame(packet: engine_packet.Packet) -> bytes:
    """Return the frame of one Engine.IO packet."""
    encoded = packet.encode()
    return bytes(_encoder.send_data(encoded, fin=True))


def pong_frame(payload: bytes) -> bytes:
    """Return the answer to a ping of the WebSocket layer."""
    return bytes(_encoder.pong(payload))


def close_frame(reason: CloseReason = CloseReason.NORMAL_CLOSURE) -> bytes:
    """Return the frame that ends a connection."""
    return bytes(FrameProtocol(client=False, extensions=[]).close(reason))


PING = text_frame("2")
