"""Tools that know nothing of the trade: settings, database, money, ids, clock, errors, language."""
