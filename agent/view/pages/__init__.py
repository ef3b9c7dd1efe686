"""One page each: what a request asks for, read and put into a template."""
