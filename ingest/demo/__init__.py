"""The sample newsroom: invented news on loopback."""
