"""Reference extractors for the proxies of the packs: plain files with named constants."""
