"""Leaders, places, roles and proposals in a text."""
