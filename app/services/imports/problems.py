"""Why a row or a file is refused: one word each, with what is wrong and how to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.kit.i18n import N_, gettext

TEXTS: Mapping[str, str] = {
    "required": N_("This is empty but required. Fill it in."),
    "too_long": N_("This text is too long. Shorten it to %(most)s characters."),
    "not_amount": N_(
        "This is not an amount. Write digits only, with a point and at most the decimals that the"
        " currency has, such as 1234.50; negative amounts are not taken."
    ),
    "not_count": N_("This is not a whole number. Write digits only."),
    "out_of_range": N_("This number must lie between %(least)s and %(most)s. Correct it."),
    "not_moment": N_(
        "This is not a date that can be read. Write 2026-01-31 23:59:59, or name the form in"
        " time_format of the mapping."
    ),
    "moment_outside": N_(
        "This date lies outside the years %(least)s to %(most)s. Where it only stands for no date,"
        " leave it empty."
    ),
    "not_text": N_(
        "There is a character in it that cannot be printed or seen. Delete it, or type the text"
        " again."
    ),
    "unknown_status": N_(
        "This status is unknown. Add it to status_words of the mapping, with one of: %(words)s."
    ),
    "not_currency": N_(
        "Amounts of this currency have other decimals than those of the mapping. Import it by"
        " itself, with its own mapping."
    ),
    "fewer_fields": N_(
        "This line has fewer fields than the header: it was cut off. Export it again."
    ),
    "more_fields": N_(
        "This line has more fields than the header. Put text that holds the separator in quotes."
    ),
    "duplicate": N_("This identifier stands in an earlier row too. Remove one of the two."),
    "unknown_order": N_("There is no such order, neither in the files nor here. Bring it along."),
    "unknown_product": N_(
        "There is no such product, neither in the files nor here. Add it to the products file."
    ),
    "unknown_supplier": N_(
        "There is no such supplier, neither in the files nor here. Add it to the suppliers file."
    ),
    "unknown_customer": N_(
        "There is no such customer, neither in the files nor here. Add it to the customers file."
    ),
    "unknown_distributor": N_(
        "There is no such distributor, neither in the files nor here. Add it to the distributors"
        " file."
    ),
    "other_store": N_(
        "This customer belongs to another distributor's store than the order. Give both the same"
        " distributor."
    ),
    "not_in_order": N_(
        "The order has no line of this supplier. Correct the supplier, or leave it empty for all."
    ),
    "shares_exceed": N_(
        "Supply price and commission together are more than the price. Correct one of them."
    ),
    "order_refused": N_(
        "Another row of the same order was refused, and an order is imported whole or not at all. "
        "Correct that row."
    ),
    "changed": N_(
        "This was imported before with other content, and history is not rewritten. Remove it from"
        " the file, or bring the earlier content again."
    ),
    "came_alone": N_(
        "This order was imported before without this row. Lines, payments and shipments come"
        " together with their order."
    ),
    "store_taken": N_("Another distributor has a store at this address. Choose another for store."),
    "not_slug": N_(
        "A store's address has 3 to 40 lower-case letters, digits and hyphens. Correct it."
    ),
    # These stop an import before anything is written.
    "not_encoded": N_(
        "This line is not in the encoding %(encoding)s. Save the file as UTF-8, or name its"
        " encoding in source.encoding of the mapping."
    ),
    "unfinished": N_(
        "A quotation mark that opens here is never closed: the file was cut off. Export it again."
    ),
    "no_header": N_("The file is empty. It needs a first line with the names of its columns."),
    "no_column": N_(
        "This column is missing. Add it to the file, or correct its name in the mapping."
    ),
    "heading_twice": N_("Two columns have this heading. Rename one of them, or remove it."),
    "too_many_columns": N_("The file has more than %(most)s columns. Remove some of them."),
    "not_a_table": N_("This is not a text table. Export it as CSV or Parquet."),
    "not_plain": N_("This column holds neither texts nor numbers nor dates. Export it as text."),
    "unreadable": N_("The file cannot be read. Export it again as CSV or Parquet."),
    "no_file": N_(
        "This file is missing, and new orders cannot come without it. Put it into the folder."
    ),
}
"""Word → gettext message id."""

STOPPING = frozenset(
    {
        "not_encoded",
        "unfinished",
        "no_header",
        "no_column",
        "heading_twice",
        "too_many_columns",
        "not_a_table",
        "not_plain",
        "unreadable",
    }
)
"""With one of these nothing at all is written: the whole file is in doubt."""


@dataclass(frozen=True)
class Problem:
    """One refused row; ``line`` counts records from the header, which is line 1."""

    kind: str
    file: str
    line: int
    field: str
    problem: str
    value: str = ""
    params: str = ""
    """What fills the text's places, as ``name=value`` parted by ``;``."""

    def text(self, locale: str) -> str:
        """Return what is wrong and how to mend it, in the reader's language."""
        return text_of(self.problem, self.params, locale)

    def as_dict(self, locale: str) -> dict[str, object]:
        """Return the row of a report."""
        return {
            "kind": self.kind,
            "file": self.file,
            "row": self.line,
            "column": self.field,
            "problem": self.problem,
            "value": self.value,
            "text": self.text(locale),
        }


def text_of(word: str, params: str, locale: str) -> str:
    """Return the sentence of a problem with its places filled."""
    places = dict(part.split("=", 1) for part in params.split(";") if "=" in part)
    return gettext(locale, TEXTS[word], **places)
