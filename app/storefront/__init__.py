"""The stores, where consumers buy: server-rendered pages that work without script.

``install`` serves them; ``routes`` holds the pages by topic, ``templates`` what they look like.
"""

from app.storefront.install import install

__all__ = ["install"]
