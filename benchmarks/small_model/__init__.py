"""The rows that ask a language model, over a real small one on loopback."""
