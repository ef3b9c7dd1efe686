"""The one table of what DICOM's attributes do to a picture, and the bounds of the reader."""
