"""The tracer's parts that need no program: filters, tables of descriptors, names."""
