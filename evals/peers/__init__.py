"""The systems ScaFE is compared with, one file each, behind one protocol (`peer`).

Made from images and labels alone; a peer sees the labels of the patients it is fitted on and no others.
The opened held-out test set and `evals.compare` import it.
"""
