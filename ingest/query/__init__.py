"""The query language, the analysis of text, and what an article is searched by."""
