"""Bringing an existing marketplace's history in (数据迁移): see docs/import.md.

Files are read and staged (``reading``, ``staging``), checked as sets (``checks``), then written:
``catalogue``, ``people``, ``orders``, ``reviews``. ``history.bring`` is the use case.
"""
