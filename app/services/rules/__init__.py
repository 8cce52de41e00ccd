"""The trade's rules as pure functions: values in, values out, no database and no clock."""
