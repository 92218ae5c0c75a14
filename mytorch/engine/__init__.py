"""The engine: what operations save, the graph, and the walk back over it."""
