"""The container of .ct files, its meta.dat and the numbers that are used in it, written from ctfs.md alone."""

import struct

import cbor
from cbor import Malformed, text

MAGIC = bytes.fromhex("C0DE72ACE2")
DIGITS = "\0" + "0123456789" + "abcdefghijklmnopqrstuvwxyz" + "./-"
COLUMNS, BINARY_TABLES = 4, 12  # bits of meta.dat's flags


class Bytes:
    """A run of bytes that is read from its beginning to its end."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def __bool__(self):
        return self.at < len(self.data)

    def take(self, size):
        if size > len(self.data) - self.at:
            raise cbor.Cut(f"{size} bytes are wanted at byte {self.at}, and the data ends at byte {len(self.data)}")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, layout):
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))[0]

    def u8(self):
        return self.number("B")

    def u32(self):
        return self.number("I")

    def u64(self):
        return self.number("Q")

    def i64(self):
        return self.number("q")

    def varint(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.u8()
            value |= (byte & 127) << shift
            if byte < 128:
                if value >= 1 << 64:
                    break
                return value
        raise Malformed(f"a number is longer than 64 bits before byte {self.at}")

    def svarint(self):
        value = self.varint()
        return value >> 1 if value % 2 == 0 else -(value >> 1) - 1

    def vbytes(self):
        return self.take(self.varint())

    def vstr(self):
        return text(self.vbytes())

    def str(self):
        return text(self.take(self.u32()))

    def item(self, size):
        """One CBOR item that fills so many bytes."""
        data = self.take(size)
        item, behind = cbor.decode(data, 0)
        if behind != len(data):
            raise Malformed(f"{len(data) - behind} bytes behind a CBOR item, before byte {self.at}")
        return item


class Container:
    """The internal files by their names."""

    def __init__(self, data):
        if data[:5] != MAGIC or data[5:6] not in (b"\2", b"\3", b"\4"):
            raise Malformed("not a container")
        self.data, self.version = data, data[5]
        self.block_size, count = struct.unpack_from("<II", data, 8)
        if self.block_size not in (1024, 2048, 4096):
            raise Malformed(f"blocks of {self.block_size} bytes")
        self.entries = {}
        for i in range(count):
            size, block, number = struct.unpack_from("<QQQ", data, 16 + 24 * i)
            if number:
                self.entries[name_of(number)] = (size, block)

    def block(self, number):
        if number == 0 or number * self.block_size >= len(self.data):
            raise Malformed(f"there is no block {number}")
        return self.data[number * self.block_size:(number + 1) * self.block_size]

    def slots(self, number):
        """What a mapping block points to; 0 where the container is cut."""
        block = self.block(number).ljust(self.block_size, b"\0")
        return struct.unpack(f"<{self.block_size // 8}Q", block)

    def blocks(self, mapping, level):
        """The data blocks below a mapping block of that level, without those of the next one."""
        for number in self.slots(mapping)[:-1]:
            if number == 0:
                raise Malformed("a hole")
            if level == 1:
                yield number
            else:
                yield from self.blocks(number, level - 1)

    def read(self, name):
        """The bytes of a file, None when there is none; in a cut container those before the first missing block."""
        if name not in self.entries:
            return None
        size, mapping = self.entries[name]
        out, level = bytearray(), 1
        try:
            while len(out) < size and level <= 5:
                for number in self.blocks(mapping, level):
                    block = self.block(number)
                    out += block
                    if len(out) >= size or len(block) < self.block_size:
                        return bytes(out[:size])
                mapping, level = self.slots(mapping)[-1], level + 1
        except Malformed:
            pass
        return bytes(out[:size])


def name_of(number):
    name = ""
    while number:
        number, digit = divmod(number, 40)
        name += DIGITS[digit]
    return name


def number_of(name):
    return sum(DIGITS.index(c) * 40 ** i for i, c in enumerate(name))


class Meta:
    """What meta.dat tells; empty when it is missing or malformed."""

    def __init__(self, data):
        self.flags, self.paths = 0, []
        self.recording_id = self.program = self.workdir = self.recorder = ""
        self.args = []
        b = Bytes(data or b"")
        if not data or b.take(4) != b"CTMD" or b.number("H") != 3:
            return
        try:
            self.flags = b.number("H")
            self.recording_id, self.program = b.vstr(), b.vstr()
            self.args = [b.vstr() for _ in range(b.varint())]
            self.workdir, self.recorder = b.vstr(), b.vstr()
            self.paths = [b.vstr() for _ in range(b.varint())]
        except Malformed:
            pass

    def has(self, bit):
        return self.flags >> bit & 1 == 1
