"""Who decides: models, prompts, the graph, the run folder, the trace, the command line."""
