"""Links that leave the console: to pages that it does not hold itself, and to files.

In Reflex 0.10 both ``rx.link`` and ``rx.el.a`` become links of the browser-side router, which knows
the console's own pages alone and shows any other address as a lost one. A link of this module is
an anchor that the browser follows itself. For the console's own pages, ``rx.link`` is right.
"""

from typing import Any

from reflex_components_core.el.elements.inline import A


def outside_link(*children: Any, href: Any, new_tab: bool = False, **props: Any) -> A:
    """Return a link to a page that is loaded whole: a store, the account, another workspace."""
    if new_tab:
        props |= {"target": "_blank", "rel": "noopener"}
    return A.create(*children, href=href, **props)


def file_link(*children: Any, href: Any, name: Any = None, **props: Any) -> A:
    """Return a link that saves a file.

    The server names its files, and answers with a page where it refuses one, which an attribute
    would save as if it were the file; so only an address that holds the file itself has a ``name``.
    """
    if name is not None:
        props["download"] = name
    return A.create(*children, href=href, **props)
