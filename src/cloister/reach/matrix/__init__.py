"""All pairs in NumPy: a second engine beside the plain evaluator, which it has to agree with.

Only this room imports NumPy. Start reading at `engine`.
"""
