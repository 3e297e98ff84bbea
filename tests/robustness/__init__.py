"""Attacks: what may not break the lab, nor make it claim what has not been."""
