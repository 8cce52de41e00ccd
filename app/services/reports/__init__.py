"""Reports that are mailed at their time: when, to whom, what stands in them, what became of them."""
