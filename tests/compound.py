"""Compound files (the container of old Office files and of Outlook's messages), made by hand for tests."""

import struct

_SECTOR, _SMALL = 512, 64
_LIMIT = 4096  # bytes from which on a stream lies in sectors of its own
_END, _FREE, _TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def compound(streams):
    """The bytes of a compound file that holds `streams`: path ("folder/name") -> content."""
    entries = [("Root Entry", 5, b"")]
    children = {"": []}
    for path, content in streams.items():
        *folders, name = path.split("/")
        parent = ""
        for folder in folders:
            inner = f"{parent}{folder}/"
            if inner not in children:
                children[inner] = []
                children[parent].append((len(entries), inner))
                entries.append((folder, 1, b""))
            parent = inner
        children[parent].append((len(entries), None))
        entries.append((name, 2, content))
    first_child, next_sibling = {0: children[""][0][0]}, {}
    for inside in children.values():
        for (number, folder), following in zip(inside, [*inside[1:], None], strict=True):
            if folder:
                first_child[number] = children[folder][0][0]
            if following:
                next_sibling[number] = following[0]

    big, small = _Area(_SECTOR), _Area(_SMALL)
    starts = {n: (small if len(data) < _LIMIT else big).put(data) for n, (_, kind, data) in enumerate(entries) if kind == 2}
    packed = b"".join(small.sectors)
    starts[0] = big.put(packed)
    directory = b""
    for number, (name, kind, content) in enumerate(entries):
        wide = name.encode("utf-16-le") + b"\0\0"
        directory += wide.ljust(64, b"\0") + struct.pack("<HBB", len(wide), kind, 1)
        directory += struct.pack("<III", _FREE, next_sibling.get(number, _FREE), first_child.get(number, _FREE))
        directory += bytes(36) + struct.pack("<IQ", starts.get(number, _END), len(packed if number == 0 else content))
    nothing = bytes(68) + struct.pack("<III", _FREE, _FREE, _FREE) + bytes(48)
    begin = big.put(directory + nothing * (-len(entries) % 4))
    small_table = big.put(struct.pack(f"<{len(small.chain)}I", *small.chain).ljust(_SECTOR, b"\xff"))
    count = 1
    while count * _SECTOR // 4 < len(big.sectors) + count:
        count += 1
    table = [len(big.sectors) + place for place in range(count)]
    chain = [*big.chain, *[_TABLE] * count]
    chain += [_FREE] * (count * _SECTOR // 4 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    header += struct.pack("<8I", count, begin, 0, _LIMIT, small_table, -(-len(small.chain) * 4 // _SECTOR), _END, 0)
    header += struct.pack("<109I", *table, *[_FREE] * (109 - count))
    return header + b"".join(big.sectors) + struct.pack(f"<{len(chain)}I", *chain)


class _Area:
    """Sectors of one size, and for each the one that follows it."""

    def __init__(self, size):
        self.size = size
        self.sectors = []
        self.chain = []

    def put(self, data):
        if not data:
            return _END
        begin = len(self.sectors)
        self.sectors += [data[at : at + self.size].ljust(self.size, b"\0") for at in range(0, len(data), self.size)]
        self.chain += [*range(begin + 1, len(self.sectors)), _END]
        return begin


def workbook(name, rows, locked=False):
    """An old Excel workbook (.xls) with one sheet; a `locked` one says that it is encrypted."""
    start = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    start += _record(0x2F, struct.pack("<HHH", 1, 1, 1) + bytes(48)) if locked else b""
    wide = name.encode("utf-16-le")
    length = len(start) + len(_record(0x85, bytes(8) + wide)) + len(_record(0x0A))
    sheet = _record(0x85, struct.pack("<IBBBB", length, 0, 0, len(name), 1) + wide)
    cells = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                cells += _record(0x204, struct.pack("<HHHHB", number, column, 0, len(cell), 1) + cell.encode("utf-16-le"))
            else:
                cells += _record(0x203, struct.pack("<HHHd", number, column, 0, cell))
    content = start + sheet + _record(0x0A) + cells + _record(0x0A)
    return compound({"Workbook": content.ljust(_LIMIT, b"\0")})


def _record(kind, content=b""):
    return struct.pack("<HH", kind, len(content)) + content


def outlook(subject, properties=None, attached=(), sent=None):
    """An Outlook message (.msg): `properties` is number -> text or bytes, `attached` are (name, content)."""
    streams = {}
    _put_properties(streams, "", 32, {0x0037: subject, **(properties or {})}, sent)
    for number, (name, content) in enumerate(attached):
        _put_properties(streams, f"__attach_version1.0_#{number:08X}/", 8, {0x3707: name, 0x3701: content}, None)
    return compound(streams)


def _put_properties(streams, folder, head, properties, sent):
    listed = bytes(head)
    for number, value in properties.items():
        kind, content = (0x1F, value.encode("utf-16-le")) if isinstance(value, str) else (0x102, value)
        streams[f"{folder}__substg1.0_{number:04X}{kind:04X}"] = content
        listed += struct.pack("<HHIII", kind, number, 6, len(content) + (2 if kind == 0x1F else 0), 0)
    if sent is not None:
        listed += struct.pack("<HHIQ", 0x40, 0x0039, 6, int((sent.timestamp() + 11_644_473_600) * 10_000_000))
    streams[f"{folder}__properties_version1.0"] = listed
