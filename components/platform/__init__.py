"""Parts of the platform's pages."""
