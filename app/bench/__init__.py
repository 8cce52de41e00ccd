"""Benchmarks: the app next to a floor that is measured in the same run on the same server."""
