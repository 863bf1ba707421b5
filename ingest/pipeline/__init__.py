"""The order of the stages: feeds -> entries -> pages -> articles -> alerts."""
