"""Summitwatch: who offers to meet whom, and where."""

__version__ = "0.1.0"
