"""Files that other packages ship are read as their own library reads them, or refused with a reason."""
