"""The viewer: pages over a folder of runs, made on this machine from the runs' own files.

Reads runs through `agent.record` and serves them on 127.0.0.1 to who holds the token. Decides nothing: what a
person decides here goes to the process that decides from the command line too.
"""
