"""What documents for one cloud are: their shape, where they refer to what, their faults, and the way to the inventory.

One value for each cloud; everything that works on documents takes it as an argument and knows no cloud itself.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cloister.errors import Fault
from cloister.sources.checks.names import Vocabulary
from cloister.sources.checks.referring import References
from cloister.sources.document.words import Block
from cloister.sources.written import Path, Written

D = TypeVar("D", bound=Block)
N = TypeVar("N")


@dataclass(frozen=True, slots=True)
class Dialect(Generic[D, N]):
    """The documents for one cloud.

    `stand_ins` are taken for required keys at the top that have a fault, so that the rest can be read.
    `faults` yields all faults of what is written, and of the inventory of its sound part, if there is one.
    """

    document: type[D]
    stand_ins: Mapping[str, object]
    vocabulary: Vocabulary
    references: References
    lower: Callable[[D, Written], N]
    faults: Callable[[Written, N | None], Iterator[Fault]]

    def references_to_nothing(self, plain: Any) -> Iterator[Path]:  # noqa: ANN401 - any JSON value
        """Where a document refers to what does not stand in it."""
        return (path for path, *_ in self.references.to_nothing(plain, self.vocabulary.names(plain)))
