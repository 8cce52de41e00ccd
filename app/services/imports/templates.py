"""Files to begin with: an empty table for each kind, and a mapping with all that it can say."""

import io
import zipfile

from app.services.imports.layout import KINDS, STATUSES, Kind

_HEAD = """\
# How a marketplace's own files become Tongshang's layout. Every table may be left out.

[source]
name = "my-marketplace"        # the namespace of all identifiers; keep it for later imports
currency = "CNY"
amounts = "decimal"            # or "cents"
time_zone = "Asia/Shanghai"    # of moments without an offset
time_format = ""               # strptime, such as "%d/%m/%Y %H:%M"; ISO 8601 is always read
encoding = "utf-8"             # or "gb18030", "latin-1" …
separator = ","

# Who takes the orders and customers that name no distributor.
[distributor]
id = "history"
name = "History"
store = "history"
store_name = "History"
"""


def templates() -> bytes:
    """Return a ZIP with a CSV file of each kind, its header only, and ``mapping.toml``."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind in KINDS.values():
            header = ",".join(column.name for column in kind.columns)
            # The mark tells spreadsheets that it is UTF-8; the import knows it.
            archive.writestr(f"{kind.name}.csv", b"\xef\xbb\xbf" + f"{header}\r\n".encode())
        archive.writestr("mapping.toml", mapping_template())
    return out.getvalue()


def mapping_template() -> str:
    """Return a mapping that says what holds without one, to be changed."""
    files = "\n".join(f'{kind} = "{kind}.csv"' for kind in KINDS)
    words = "\n".join(f'{word} = "{word}"' for word in STATUSES)
    columns = "\n\n".join(_columns(kind) for kind in KINDS.values())
    return (
        f"{_HEAD}\n"
        "# Kind = file name. Name only the files that there are.\n"
        f"[files]\n{files}\n\n"
        '# Our column = theirs, or { template = "{their_column} {other:8}" } to put some'
        " together.\n"
        "# Leave out what is not there; what is marked * is required.\n"
        f"{columns}\n\n"
        "# Their word = ours.\n"
        f"[status_words]\n{words}\n\n"
        "# Code = name, for addresses.\n"
        "[provinces]\n"
    )


def _columns(kind: Kind) -> str:
    lines = [
        f'{column.name} = "{column.name}"' + ("    # *" if column.required else "")
        for column in kind.columns
    ]
    return "\n".join([f"[columns.{kind.name}]", *lines])
