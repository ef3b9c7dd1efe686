"""Who decides: models, prompts, the graph, the run folder, the trace, the command line.

Made from all other layers. Holds no image, no label and no per-image value.
"""
