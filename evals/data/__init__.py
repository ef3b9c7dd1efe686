"""Images, masks, labels and patients as files say them: one reader for every command, and extracted values.

Made from folders, manifests, photographs, DICOM and NIfTI. Only `evals` may import it: nothing here leaves.
"""
