"""Documents made by hand for tests, good and bad."""

import docx

CHINESE_FONT = (
    "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [ << /Type /Font "
    "/Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> "
    "/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 4 >> >> ] >>"
)


def pdf(pages, extra_trailer="", encrypt=""):
    """A PDF whose pages show the lines given, in Helvetica, or in a Chinese font where a line has Chinese."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    objects.append(CHINESE_FONT)
    kids = []
    for lines in pages:
        shown = "\n".join(
            f"BT {'/F1 12 Tf' if line.isascii() else '/F2 12 Tf'} 50 {750 - 20 * n} Td "
            + (f"({line}) Tj ET" if line.isascii() else f"<{line.encode('utf-16-be').hex()}> Tj ET")
            for n, line in enumerate(lines)
        )
        content = f"50 50 100 100 re f\n{shown}"
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    if encrypt:
        objects.append(encrypt)
        extra_trailer = f"/Encrypt {len(objects)} 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]"
    return assembled(objects, extra_trailer)


def typeset(pages, bookmarks=(), turned=0):
    """A PDF of pages of (x, y, size, text), y growing upwards as PDF has it; `bookmarks` are (title, page from 1, y)."""
    objects = ["", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", CHINESE_FONT]
    kids = []
    for shown in pages:
        content = "\n".join(
            f"BT /{'F1' if text.isascii() else 'F2'} {size} Tf {x} {y} Td "
            + (f"({text}) Tj ET" if text.isascii() else f"<{text.encode('utf-16-be').hex()}> Tj ET")
            for x, y, size, text in shown
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Rotate {turned} /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    outline = len(objects) + 1
    objects[0] = f"<< /Type /Catalog /Pages 2 0 R {f'/Outlines {outline} 0 R' if bookmarks else ''} >>"
    if bookmarks:
        last = outline + len(bookmarks)
        objects.append(f"<< /Type /Outlines /First {outline + 1} 0 R /Last {last} 0 R /Count {len(bookmarks)} >>")
        for number, (title, page, y) in enumerate(bookmarks, outline + 1):
            onward = f"/Next {number + 1} 0 R" if number < last else ""
            target = f"[{kids[page - 1]} /XYZ 0 {y} 0]"
            objects.append(f"<< /Title ({title}) /Parent {outline} 0 R /Dest {target} {onward} >>")
    return assembled(objects)


def assembled(objects, extra_trailer=""):
    """The file of these objects, numbered from 1, of which the first is the catalogue."""
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R {extra_trailer} >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode("latin-1")


def protected_pdf():
    """Its checks of the password are random bytes, which no password fits, the empty one included."""
    checks = "/O <" + "5a" * 32 + "> /U <" + "a5" * 32 + ">"
    return pdf([["secret"]], encrypt=f"<< /Filter /Standard /V 1 /R 2 {checks} /P -4 >>")


def word(path):
    document = docx.Document()
    document.add_heading("Handbook", 0)
    document.add_heading("Leave", 1)
    document.add_paragraph("Everyone has fifteen days of leave a year.")
    document.add_heading("Sick leave", 2)
    document.add_paragraph("Call before half past eight.")
    document.add_paragraph("a doctor's note", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, [("Years", "Days"), ("3", "18")], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.add_paragraph("After the table.")
    document.save(path)
    return path
