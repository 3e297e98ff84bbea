"""What crosses a wire, as values. Standard library only: it travels with the agent."""
