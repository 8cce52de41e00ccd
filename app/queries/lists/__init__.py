"""The lists of the console as declarations, one module for each kind of workspace."""
