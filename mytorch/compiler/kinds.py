"""Kinds of calls: what is known of those with the same names of arguments, recorded or not.

A recording takes as long as many calls, so a kind has to earn its recordings. The first ones
are free, and some more if they lead to a program; after them calls pay, those that are replayed
the most, and what leads to nothing doubles the price. So it takes a small part of the time whatever
changes between the calls, and what settles late is still found. Where calls of a few sorts take
turns, as batches and smaller last ones in training and evaluation, each sort has some for itself.
"""

from __future__ import annotations

from typing import Any

from mytorch.compiler.agreement import agree
from mytorch.compiler.plan import Plan
from mytorch.compiler.program import Program
from mytorch.compiler.recording import Changing

__all__ = ["Kind"]

MOST_PROGRAMS = 16
# How many recordings are made at once, and how many when a price is paid or there is a program.
FIRST, AGAIN = 4, 2
# Of how many sorts calls may be for each to be recorded this often, and some more for each of this
# many programs, after so many calls of its own for each time.
FEW, OFTEN, MODES, APART = 3, 4, 2, 16
# What these cost, in calls that run as they are, and how many of such calls a replay stands for.
PRICE, SAVING = 1000, 4


class Sort:
    """The calls of a kind whose arguments have the same shapes: how many no program fitted, how
    many of these were recorded, and how many programs that led to."""

    __slots__ = ("missed", "recorded", "settled")

    def __init__(self) -> None:
        self.missed = self.recorded = self.settled = 0

    def is_due(self) -> bool:
        """Whether it has not been recorded as often as it may be."""
        most = OFTEN + AGAIN * min(self.settled, MODES)
        return self.recorded < most and self.missed > APART * self.recorded

    def is_hopeless(self) -> bool:
        """Whether recordings have led to nothing."""
        return self.recorded >= OFTEN and not self.settled


class Kind:
    """What is known of one kind of calls.

    Attributes: `programs`, to be tried in this order; `changing`, which numbers are inputs;
    `recorded`, `replayed` and `eager`, how many calls there were; `warned`, whether the user was
    told that they run as they are.
    """

    __slots__ = (
        "_candidates",
        "_due",
        "_left",
        "_price",
        "_sort",
        "_sorts",
        "changing",
        "eager",
        "programs",
        "recorded",
        "replayed",
        "warned",
    )

    def __init__(self) -> None:
        self.programs: list[Program] = []
        self._candidates: list[Plan] = []
        self.changing = Changing()
        self.recorded = self.replayed = self.eager = 0
        self.warned = False
        self._left, self._due, self._price = FIRST, 0, PRICE
        # By the shapes of the arguments, and that of the latest call that no program fitted.
        self._sorts: dict[Any, Sort] = {}
        self._sort = Sort()

    def may_record(self, values: tuple[Any, ...]) -> bool:
        """Whether a call with these arguments, which no program fits, may be recorded."""
        key = tuple([getattr(value, "shape", None) for value in values])
        if key not in self._sorts and len(self._sorts) <= FEW:  # one more tells that these are many
            self._sorts[key] = Sort()
        self._sort = sort = self._sorts.get(key, Sort())
        sort.missed += 1
        if not self._left and self._paid() >= self._due:
            self._left = AGAIN
        may = self._left > 0 or (self._takes_turns() and sort.is_due())
        sort.recorded += may
        return may

    def _takes_turns(self) -> bool:
        """Whether calls are of few sorts, none of which is known to lead to nothing."""
        sorts = self._sorts.values()
        return len(sorts) <= FEW and not any(sort.is_hopeless() for sort in sorts)

    def _paid(self) -> int:
        return self.eager + SAVING * self.replayed

    def begin(self) -> None:
        """Counts a recording, which may be the last for some time."""
        self.recorded += 1
        if self._left:
            self._left -= 1
            if not self._left:
                self._wait(self._price)

    def _wait(self, price: int) -> None:
        self._due = self._paid() + price
        self._price = 2 * price

    def pass_over(self) -> None:
        """Puts the next recording off: this one found that such calls cannot be replayed."""
        self._left = 0
        self._sort.recorded = OFTEN
        self._wait(self._price)

    def settle(self, plan: Plan) -> None:
        """Takes the plan of a recording. Two that agree are a program to be replayed: what is drawn
        unseen, counted or hidden from view differs in the second."""
        # A program did not fit this time; but what was a number of it may be an input now.
        known = self._candidates + [p.plan for p in self.programs if plan.numbers()]
        agreeing = [earlier for earlier in known if agree(plan, earlier)]
        if not agreeing:
            plan.forget()
            self._candidates.append(plan)
            del self._candidates[:-MOST_PROGRAMS]
            return
        self._sort.settled += 1
        if not self.programs and self.recorded <= FIRST:
            self._left += AGAIN
        self._candidates = [earlier for earlier in self._candidates if earlier not in agreeing]
        self.programs = [p for p in self.programs if p.plan not in agreeing]
        self.programs.insert(0, Program(plan))
        del self.programs[MOST_PROGRAMS:]
        if not self._left:
            self._wait(PRICE)

    def is_waiting(self) -> bool:
        """Whether recordings have led to nothing, so that calls run as they are."""
        return not self._left and not self.programs and not self._takes_turns()

    def latest(self) -> list[Plan]:
        """The last two plans that did not agree, or as many as there are, the later one first."""
        return self._candidates[:-3:-1]

    def prefer(self, program: Program) -> None:
        """Has a program tried first."""
        self.programs.remove(program)
        self.programs.insert(0, program)
