"""Demo data: a small market that looks and behaves like a real one, made on this machine."""
