"""The process that is a lab: it starts hosts, watches them and answers. Standard library only."""
