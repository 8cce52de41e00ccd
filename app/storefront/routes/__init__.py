"""The pages of a store, by topic."""
