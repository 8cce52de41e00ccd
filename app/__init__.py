"""Tongshang (通商), an open S2B2C supply-chain mall."""
