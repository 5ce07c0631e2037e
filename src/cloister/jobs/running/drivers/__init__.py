"""Programs that run inside a step, in the step's own environment, and start what its author wrote.

They import the standard library and one another, nothing of Cloister: the environment of a step need not have it. They
name one another relatively, because there this folder is a package of its own. Python 3.10 and later.
"""
