"""Alert rules, their evaluation and delivery."""
