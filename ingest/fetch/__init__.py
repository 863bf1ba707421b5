"""The one door to the network: every request goes through here."""
