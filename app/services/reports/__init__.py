"""Reports that are mailed: when, to whom, what stands in them, and what became of them."""
