"""From a page's bytes to an article's text and metadata."""
