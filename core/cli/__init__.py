"""Everything a page can do, without a browser."""
