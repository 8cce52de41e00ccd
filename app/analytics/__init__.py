"""Figures: what each one means, over which time, read from where, drawn how.

Nothing here starts polars' thread pool when it is imported: a worker that forks afterwards could
hang (so polars is imported inside the functions that use it).
"""
