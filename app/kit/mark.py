"""The product's mark: one payment that is split, drawn once for all of its pages."""

SIZE = 32
RADIUS = 8
PATH = "M7 16h6M13 16c5 0 4-7 11-7M13 16h11M13 16c5 0 4 7 11 7"
STROKE = 2.6
COLOUR = "#3a4bb0"


def mark_svg() -> str:
    """Return the mark as a picture of its own, such as a browser shows in a tab."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">'
        f'<rect width="{SIZE}" height="{SIZE}" rx="{RADIUS}" fill="{COLOUR}"/>'
        f'<path d="{PATH}" fill="none" stroke="#fff" stroke-width="{STROKE}"'
        ' stroke-linecap="round"/></svg>\n'
    )
