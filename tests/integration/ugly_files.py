"""Ordinary but ugly tables: each with what must come of it, in whichever import it is read."""

from collections.abc import Mapping

TEXT = "id,name\ns1,青釉陶坊\ns2,Tea\n"
_GOOD = ["s1", "s2"]

UGLY: Mapping[str, tuple[bytes, object]] = {
    # name: (bytes of suppliers.csv, identifiers that come in, or (row, column, problem) …)
    "plain": (TEXT.encode(), _GOOD),
    "with a mark": (TEXT.encode("utf-8-sig"), _GOOD),
    "utf-16 little": (b"\xff\xfe" + TEXT.encode("utf-16-le"), _GOOD),
    "utf-16 big": (b"\xfe\xff" + TEXT.encode("utf-16-be"), _GOOD),
    "gb18030": (TEXT.encode("gb18030"), _GOOD),
    "gb18030 of rare characters": ("id,name\ns1,张𱍐陶坊有限公司\n".encode("gb18030"), ["s1"]),
    "semicolons": (TEXT.replace(",", ";").encode(), _GOOD),
    "tabs": (TEXT.replace(",", "\t").encode(), _GOOD),
    "windows": (TEXT.replace("\n", "\r\n").encode(), _GOOD),
    "an old mac": (TEXT.replace("\n", "\r").encode(), _GOOD),
    "utf-16 tabs windows": (
        b"\xff\xfe" + TEXT.replace(",", "\t").replace("\n", "\r\n").encode("utf-16-le"),
        _GOOD,
    ),
    "blank lines": (b"id,name\n\ns1,A\n\n   \n,\ns2,B\n\n", _GOOD),
    "blank lines above": (b"\n\r\nid,name\ns1,A\ns2,B\n", _GOOD),
    "a bad row behind blank ones": (b"\nid,name\n\ns1,A\n\n,B\n", [(6, "id", "required")]),
    "inch marks": (b'id,name\ns1,5" plate\ns2,10" x 12"\n', _GOOD),
    "inch marks in quotes": (b'id,name\ns1,"5"" plate"\ns2,"a\nb"\n', _GOOD),
    "text behind a quote": (b'id,name\ns1,"Tea" House\ns2,B\n', _GOOD),
    "a quote left open": (b'id,name\ns1,A\ns2,"B\ns3,C\n', [(3, "", "unfinished")]),
    "a heading with a quote left open": (b'id,"name\ns1,A\n', [(1, "", "unfinished")]),
    "doubled headings": (b"id,name,name\ns1,A,B\n", [(1, "name", "heading_twice")]),
    "headings without a name": (b"id,name,,\ns1,A,,\ns2,B,x,\n", _GOOD),
    "headings that programs use": (b"id,name,row,*,^a$,!,=id\ns1,A,1,2,3,4,5\ns2,B,,,,,\n", _GOOD),
    "a star first": (b"*,id,name\n,s1,A\n1,s2,B\n", _GOOD),
    "headings of two lines": (b'"id",name,"a\nb"\ns1,A,1\ns2,B,2\n', _GOOD),
    "a separator too much": (b"id,name\ns1,A,\ns2,B,,\n", _GOOD),
    "a field too much": (b"id,name\ns1,A,x\n", [(2, "", "more_fields")]),
    "a field too few": (b"id,name,address\ns1,A\n", [(2, "", "fewer_fields")]),
    "no line end at the end": (b"id,name\ns1,A\ns2,B", _GOOD),
    "NUL": (b"id,name\ns1,A\0B\n", [(2, "name", "not_text")]),
    "control characters": (b"id,name\ns\x01,A\n", [(2, "id", "not_text")]),
    "a sign turned round": ("id,name\ns1,A\u202e\u200bB\n".encode(), [(2, "name", "not_text")]),
    "widthless marks around": ("id,name\n\u200bs1\u200b,A\n\ufeffs2,\u3000B\n".encode(), _GOOD),
    "a cell of several lines": (b'id,name\ns1,"A\r\nB\n\\.\nC"\ns2,B\n', _GOOD),
    "records' own signs": (b"id,name\n=,<\ns2,0\n", ["=", "s2"]),
    "damaged utf-8": (TEXT.encode().replace(b"\x99", b"", 1), [(2, "", "not_encoded")]),
    "damaged utf-8 that gb18030 reads": (
        "id,name\ns1,青釉陶坊".encode() + b"\x81\x30\x81\x30\n",
        [(2, "", "not_encoded")],
    ),
    "damaged utf-8 with a mark": (b"\xef\xbb\xbfid,name\ns1,\xc7\xe0\n", [(2, "", "not_encoded")]),
    "latin-1": ("id,name\ns1,Ótimo\n".encode("latin-1"), [(2, "", "not_encoded")]),
    "half a utf-16": (b"\xff\xfe" + TEXT.encode("utf-16-le")[:-1], [(3, "", "not_encoded")]),
    "utf-16 without its mark": (TEXT.encode("utf-16-le"), [(2, "", "not_encoded")]),
    "empty": (b"", [(1, "", "no_header")]),
    "a mark alone": (b"\xef\xbb\xbf", [(1, "", "no_header")]),
    "blank lines alone": (b"\n\n\n", [(3, "", "no_header")]),
    "headings alone": (b"id,name\n", []),
    "no such column": (b"code,name\ns1,A\n", [(1, "id", "no_column")]),
    "too many columns": (
        b"id," + b",".join(b"c%d" % place for place in range(300)) + b"\n",
        [(1, "", "too_many_columns")],
    ),
    "a spreadsheet": (b"PK\x03\x04" + bytes(range(256)), [(1, "", "not_a_table")]),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), [(1, "", "not_a_table")]),
    "a line without end": (b"id,name" + b"x" * 5 * 2**20, [(1, "", "not_a_table")]),
}
