"""The messages between the engine and a student process: a fixed header, then the body. Standard library only."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator

HEADER = struct.Struct(">4s16sI")  # kind, nonce, length of the body
SEED, CELL, CALLS, FILE = b"seed", b"cell", b"call", b"file"
REPLY, INTERRUPTED, FAILED = b"okay", b"intr", b"fail"
MAX_REQUEST = 64 * 2**20
_SIZE = struct.Struct(">I")


def pack(kind: bytes, nonce: bytes, body: bytes) -> bytes:
    """One message as bytes."""
    return HEADER.pack(kind, nonce, len(body)) + body


def join(bodies: Iterable[bytes]) -> bytes:
    """Several bodies as one, which is a request with an answer for each."""
    return b"".join(_SIZE.pack(len(body)) + body for body in bodies)


def split(joined: bytes) -> Iterator[bytes]:
    """The bodies that were joined."""
    start = 0
    while start < len(joined):
        (size,) = _SIZE.unpack_from(joined, start)
        start += _SIZE.size + size
        yield joined[start - size : start]


def read(channel: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes. Raises EOFError where the other side has closed."""
    parts = []
    while size:
        part = channel.recv(min(size, 2**20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def receive(channel: socket.socket) -> tuple[bytes, bytes, bytes]:
    """The next request: kind, nonce, body. Raises EOFError at the end."""
    kind, nonce, size = HEADER.unpack(read(channel, HEADER.size))
    if size > MAX_REQUEST:
        raise EOFError
    return kind, nonce, read(channel, size)
