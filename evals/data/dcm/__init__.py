"""The parts of the DICOM reader: header within bounds, stored values, and the way from them to display.

Made from a file's bytes by pydicom and its plug-ins; the rules are those of DICOM PS3.3 C.7.6.3 and C.11.
"""
