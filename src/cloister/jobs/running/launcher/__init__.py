"""The launcher: a process between the agent and one command, with the kernel's means and no library's.

It starts for every step, so it imports little of the standard library and nothing of Cloister but itself.
"""
