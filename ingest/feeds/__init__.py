"""Feeds: parse, dates, the polling policy, OPML, discovery."""
