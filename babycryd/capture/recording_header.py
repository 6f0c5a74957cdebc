"""Headers of recordings that tell of less sound than the file holds, and what to read in their place.

A recorder that lost its power, or an app that stopped, leaves lengths of zero; a 32-bit length begins anew at 4 GiB; a
stream has no length at all. libsndfile believes them. So the file's size counts, unless chunks behind the sound explain
the rest. Layouts: RIFF/RF64 (EBU Tech 3306), AIFF (Apple, 1989), Sony Wave64, CAF (Apple), AU (Sun), FLAC (RFC 9639).
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO, Final

STREAMED_BYTES: Final = 0x7FFF_0000  # a stream of unknown length announces this or more
_STREAMED_64: Final = 1 << 62  # the same, where a length has 64 bits
_LONGEST_HEAD: Final = 1 << 20  # bytes before the sound; more is left to libsndfile
_MOST_CHUNKS: Final = 1000  # before and behind the sound
_MARGIN: Final = 4096  # bytes behind the sound that need no explanation
_MOST_32: Final = 0xFFFF_FFFF
_TAGS: Final = (b"TAG", b"ID3", b"APETAGEX", b"LYRICSBEGIN")  # appended without a chunk
_FLAC_HEAD: Final = 42  # bytes: "fLaC" and STREAMINFO
_FLAC_MOST: Final = (1 << 36) - 1  # frames
_ID3_HEAD: Final = 10  # bytes of a tag before its content


@dataclass(frozen=True, slots=True)
class Header:
    """Bytes to read in place of a file's first `skip` bytes, and what the file's own header told of."""

    content: bytes
    skip: int
    told_share: float = 1.0  # of the sound in the file; above 1: the file was cut off
    told_frames: int | None = None  # where the header counts frames (FLAC); 0: unknown


@dataclass(frozen=True, slots=True)
class _Layout:
    """Chunks of a container: each is an id, a length and its content."""

    first: int  # offset of the first chunk
    id_bytes: int
    length: str  # struct format
    data: bytes  # id of the chunk with the sound
    whole: tuple[int, str] | None  # offset and struct format of the whole file's length; None: it has none
    whole_less: int = 0  # bytes that the whole length does not count
    align: int = 2  # bytes
    counts_itself: bool = False  # the length counts id and length, too

    @property
    def head(self) -> int:
        return self.id_bytes + struct.calcsize(self.length)


_WAV: Final = _Layout(12, 4, "<I", b"data", (4, "<I"), 8)
_RIFX: Final = _Layout(12, 4, ">I", b"data", (4, ">I"), 8)
_AIFF: Final = _Layout(12, 4, ">I", b"SSND", (4, ">I"), 8)
_W64_DATA: Final = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
_W64: Final = _Layout(40, 16, "<Q", _W64_DATA, (16, "<Q"), align=8, counts_itself=True)
_CAF: Final = _Layout(8, 4, ">Q", b"data", None, align=1)
_LAYOUTS: Final = {
    b"RIFF": _WAV,
    b"RF64": _WAV,
    b"BW64": _WAV,
    b"RIFX": _RIFX,
    b"FORM": _AIFF,
    b"riff": _W64,
    b"caff": _CAF,
}


@dataclass(frozen=True, slots=True)
class _Chunk:
    id: bytes
    at: int  # offset of its id
    start: int  # offset of its content
    length: int  # bytes of content, as told


def mended_header(file: BinaryIO, size: int) -> Header | None:
    """Return the header to read in place of one that tells of too little sound; None where it is right or unknown.

    `size`: bytes of the file. Raises OSError.
    """
    magic = _read(file, 0, 4)
    try:
        if magic == b"fLaC":
            return _flac(file, 0)
        if magic.startswith(b"ID3"):
            start = _end_of_id3(file)
            return _flac(file, start) if _read(file, start, 4) == b"fLaC" else None
        if magic in {b".snd", b"dns."}:
            return _au(file, size, ">" if magic == b".snd" else "<")
        layout = _LAYOUTS.get(magic)
        return _chunked(file, size, layout) if layout else None
    except struct.error:
        return None  # damaged beyond its lengths: libsndfile says how


def _end_of_id3(file: BinaryIO) -> int:
    """Return the offset behind an ID3v2 tag at the file's beginning; each byte of its length holds 7 bits."""
    length = 0
    for byte in _read(file, 6, 4):
        length = length << 7 | byte & 0x7F
    return _ID3_HEAD + length


def _flac(file: BinaryIO, start: int) -> Header | None:
    """Return a header without a tag that tells of the most frames: libFLAC then reads on until the file ends."""
    content = bytearray(_read(file, start, _FLAC_HEAD))
    if len(content) < _FLAC_HEAD:
        return None
    (fields,) = struct.unpack_from(">Q", content, 18)  # rate, channels, bits, and 36 bits of frames
    struct.pack_into(">Q", content, 18, fields | _FLAC_MOST)
    return Header(bytes(content), start + _FLAC_HEAD, told_frames=fields & _FLAC_MOST)


def _au(file: BinaryIO, size: int, order: str) -> Header | None:
    head = _read(file, 0, 12)
    if len(head) < 12:
        return None
    start, told = struct.unpack(f"{order}II", head[4:])
    present = size - start
    is_right = told <= present <= told + _MARGIN
    if told >= STREAMED_BYTES or is_right or not 0 < present < size or start > _LONGEST_HEAD:
        return None
    content = bytearray(_read(file, 0, start))
    struct.pack_into(f"{order}I", content, 8, _MOST_32)  # unknown: to the end of the file
    return Header(bytes(content), start, told / present)


def _chunked(file: BinaryIO, size: int, layout: _Layout) -> Header | None:
    chunks = _chunks(file, size, layout)
    if not chunks or chunks[-1].id != layout.data:
        return None
    sound = chunks[-1]
    wide = next((each for each in chunks if each.id == b"ds64"), None)  # of RF64: the lengths have 64 bits
    told = sound.length
    if wide and told == _MOST_32:
        (told,) = struct.unpack("<Q", _read(file, wide.start + 8, 8).ljust(8, b"\0"))
    present = size - sound.start
    is_wide = wide is not None or struct.calcsize(layout.length) == 8
    if present <= 0 or told == present or sound.start > _LONGEST_HEAD:
        return None
    if told < present and _explained(file, size, layout, sound.start + told, told):
        return None
    if told >= STREAMED_BYTES and not is_wide:
        return None  # libsndfile reads to the end of the file
    content = bytearray(_read(file, 0, sound.start))
    _tell(content, layout, chunks, size)
    return Header(bytes(content), sound.start, 1.0 if told >= _STREAMED_64 else told / present)


def _tell(content: bytearray, layout: _Layout, chunks: list[_Chunk], size: int) -> None:
    """Write the true lengths into a header; a RIFF that is too long for 32 bits becomes an RF64."""
    sound = chunks[-1]
    present = size - sound.start
    length = present + (layout.head if layout.counts_itself else 0)
    if layout is _WAV and length > _MOST_32 - sound.start and content[:4] == b"RIFF":
        wide = struct.pack("<4sIQQQI", b"ds64", 28, size + 28, present, 0, 0)
        content[sound.at :] = b"data" + b"\xff" * 4
        content[:12] = b"RF64" + b"\xff" * 4 + b"WAVE" + wide
        return
    most = (1 << 8 * struct.calcsize(layout.length)) - 1
    struct.pack_into(layout.length, content, sound.at + layout.id_bytes, min(length, most))
    if layout.whole:
        at, form = layout.whole
        struct.pack_into(form, content, at, min(size - layout.whole_less, (1 << 8 * struct.calcsize(form)) - 1))
    for chunk in chunks:
        if chunk.id == b"ds64":
            struct.pack_into("<QQ", content, chunk.start, size - 8, present)
        elif chunk.id == b"COMM":
            channels, _, bits = struct.unpack_from(">HIH", content, chunk.start)
            frames = (present - 8) // max(1, channels * ((bits + 7) // 8))
            struct.pack_into(">I", content, chunk.start + 2, min(frames, _MOST_32))


def _chunks(file: BinaryIO, size: int, layout: _Layout) -> list[_Chunk]:
    """Return the chunks up to the one with the sound."""
    found: list[_Chunk] = []
    at = layout.first
    while at + layout.head <= size and len(found) < _MOST_CHUNKS:
        found.append(_chunk(file, at, layout))
        if found[-1].id == layout.data:
            break
        at = _next(found[-1], layout)
    return found


def _explained(file: BinaryIO, size: int, layout: _Layout, end: int, told: int) -> bool:
    """Return whether what follows the sound is not sound: little, or a tag, or chunks up to the end of the file."""
    if told > 0 and size - end <= _MARGIN:
        return True
    if _read(file, end, 11).startswith(_TAGS):
        return True
    at = -(-end // layout.align) * layout.align
    for _ in range(_MOST_CHUNKS):
        if at + layout.head > size:
            return True
        chunk = _chunk(file, at, layout)
        if not all(32 <= byte < 127 for byte in chunk.id[:4]) or chunk.start + chunk.length > size + layout.align:
            return False
        at = _next(chunk, layout)
    return False


def _chunk(file: BinaryIO, at: int, layout: _Layout) -> _Chunk:
    head = _read(file, at, layout.head).ljust(layout.head, b"\0")
    (length,) = struct.unpack(layout.length, head[layout.id_bytes :])
    if layout.counts_itself:
        length = max(0, length - layout.head)
    return _Chunk(head[: layout.id_bytes], at, at + layout.head, length)


def _next(chunk: _Chunk, layout: _Layout) -> int:
    end = chunk.start + chunk.length
    return -(-end // layout.align) * layout.align


def _read(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at)
    return file.read(length)
