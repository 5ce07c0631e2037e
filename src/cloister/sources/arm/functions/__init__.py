"""The functions of templates that make a value of values alone, by their names in lower case."""

from cloister.sources.arm.functions.lists import LISTS
from cloister.sources.arm.functions.logic import LOGIC
from cloister.sources.arm.functions.prefixes import PREFIXES
from cloister.sources.arm.functions.texts import TEXTS

FUNCTIONS = {function.name.lower(): function for function in (*TEXTS, *LISTS, *LOGIC, *PREFIXES)}
