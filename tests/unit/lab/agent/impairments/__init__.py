"""Each impairment alone."""
