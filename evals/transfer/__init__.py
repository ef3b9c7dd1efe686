"""Whether a feature behaves on images of patients as on phantoms; no label is read."""
