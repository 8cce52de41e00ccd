"""Names of goods and categories in both languages, as SQL: one rule for all that prints them.

A product's own title is its supplier's Chinese one; who reads English gets the English one where
the supplier gave it, and the Chinese one where not.
"""


def english_title(product: str = "p") -> str:
    """Return the title that is shown in English, of a product's row under an alias."""
    return f"coalesce(nullif({product}.title_en, ''), {product}.title)"


def both_titles(product: str = "p", own: str = "") -> str:
    """Return an array of the Chinese and the English title, for columns of the kind ``titles``.

    ``own`` is an expression of a title that a store gave, which goes before both.
    """
    chinese, english = f"{product}.title", english_title(product)
    if own:
        chinese, english = f"coalesce({own}, {chinese})", f"coalesce({own}, {english})"
    return f"array[{chinese}, {english}]"


def title(product: str = "p", own: str = "") -> str:
    """Return the title in the language of ``:english``, for statements without both."""
    found = f"case when :english then {english_title(product)} else {product}.title end"
    return f"coalesce({own}, {found})" if own else found


def bought_title(line: str = "l", product: str = "p") -> str:
    """Return the title of a line of an order in the language of ``:english``.

    It is what was bought, as it was called then. Where the supplier calls it so still, its English
    title says the same.
    """
    same = f":english and {line}.title = {product}.title"
    return f"case when {same} then {english_title(product)} else {line}.title end"


def category(alias: str = "c") -> str:
    """Return a category's name in the language of ``:english``."""
    english = f"coalesce(nullif({alias}.name_en, ''), {alias}.name_zh)"
    return f"case when :english then {english} else {alias}.name_zh end"
