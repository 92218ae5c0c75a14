"""Kinds of calls: what is known of those with the same names of arguments, recorded or not.

A recording takes as long as many calls, so a kind has to earn its recordings. The first ones
are free, and some more if they lead to a program; after them calls pay, those that are replayed
the most, and what leads to nothing doubles the price. So it takes a small part of the time whatever
changes between the calls, and what settles late is still found. Where calls of a few sorts take
turns, as batches and smaller last ones in training and evaluation, each sort has some for itself.
A shape or an object that is new each time is not recorded to find that out once more.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from mytorch.compiler.agreement import agree, differences, replacements
from mytorch.compiler.plan import Kept, Plan
from mytorch.compiler.program import Program
from mytorch.compiler.recording import Changing
from mytorch.compiler.state import Place, same
from mytorch.compiler.trial import Trial, fits

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
    told that they run as they are; `new`, a place in two plans that holds something else each time.
    """

    __slots__ = (
        "_candidates",
        "_due",
        "_fresh",
        "_left",
        "_price",
        "_sort",
        "_sorts",
        "_trusts",
        "_turns",
        "changing",
        "eager",
        "new",
        "programs",
        "recorded",
        "replayed",
        "warned",
    )

    def __init__(self) -> None:
        self.programs: list[Program] = []
        self._candidates: list[Plan] = []
        # The latest, as long as it holds what its run was given, and whether trials may be right.
        self._fresh: Plan | None = None
        self._trusts = True
        self.changing = Changing()
        self.recorded = self.replayed = self.eager = 0
        self.warned = False
        self._left, self._due, self._price = FIRST, 0, PRICE
        # By the shapes of the arguments, and that of the latest call that no program fitted.
        self._sorts: dict[Any, Sort] = {}
        self._sort = Sort()
        # Whether sorts took turns when a call was last looked at.
        self._turns = True
        self.new: tuple[Place, Place] | None = None

    def may_record(self, values: tuple[Any, ...]) -> bool:
        """Whether a call with these arguments, which no program fits, may be recorded."""
        if self._fresh is not None and not (self._trusts and fits(self._fresh, values)):
            self._let_go()
        may = self._may_record(values)
        if not may:
            self._let_go()
        return may

    def _may_record(self, values: tuple[Any, ...]) -> bool:
        if not (self._left or self._turns) and self._paid() < self._due:
            return False  # as most calls of what cannot be replayed
        key = tuple([getattr(value, "shape", None) for value in values])
        if key not in self._sorts and len(self._sorts) <= FEW:  # one more tells that these are many
            self._sorts[key] = Sort()
        self._sort = sort = self._sorts.get(key, Sort())
        sort.missed += 1
        self._turns = self._takes_turns()
        if not self._left and self._paid() >= self._due:
            self._left = AGAIN
        elif self._left and not self.programs and not self._fresh and self._is_new_again(sort):
            return False
        may = self._left > 0 or (self._turns and sort.is_due())
        sort.recorded += may
        return may

    def _is_new_again(self, sort: Sort) -> bool:
        """Whether a recording would agree with none: of one of many shapes, or where a place holds
        a third object after the last two recordings differed in it."""
        found = self._differences()
        if not self._due and len(self._sorts) > FEW:
            self.new = next(filter(_is_shape, found), None)
            self._spend(self._left)
            return True
        if not self._due and len(self._sorts) > AGAIN and sort.missed == 1:
            return True  # which may become many
        for place, other in found:
            # An entry may be gone.
            with suppress(IndexError):
                now = place.get()
                seen = same(now, place.value) or same(now, other.value)
                if not (seen or isinstance(place.value, Kept) or self.changing.knows(place)):
                    self.new = place, other
                    sort.recorded += 1
                    self._spend(1)
                    return True
        return False

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
            self._spend(1)

    def _spend(self, count: int) -> None:
        self._left -= count
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
        # What is replaced in each run, with what is inside, is another input of the next ones.
        for earlier in [p.plan for p in self.programs[:1]] + self._candidates[-1:]:
            for place, _ in replacements(self.changing.path, plan, earlier):
                self.changing.add_replaced(place)
        # A program did not fit this time. But what was a number of it may be an input now.
        known = self._candidates + [p.plan for p in self.programs if plan.numbers()]
        agreeing = [earlier for earlier in known if agree(plan, earlier)]
        if not agreeing:
            self._fresh = plan
            self._candidates.append(plan)
            del self._candidates[:-MOST_PROGRAMS]
            return
        self._adopt(Program(plan), agreeing)

    def begin_trial(self, values: tuple[Any, ...]) -> Trial | None:
        """A trial of the latest recording's plan, which was found to fit this call. One that fails
        is the last."""
        plan, self._fresh = self._fresh, None
        if plan is None:
            return None
        trial = Trial(plan)
        self._trusts = trial.replay(values)
        return trial if self._trusts else None

    def end_trial(self, trial: Trial) -> None:
        """Takes a program that did what the run did."""
        self._trusts = trial.agrees
        if trial.agrees:
            self._adopt(trial.program, [trial.program.plan])

    def _let_go(self) -> None:
        """Lets go of what the latest recording was given."""
        if self._fresh is not None:
            self._fresh.forget()
            self._fresh = None

    def _adopt(self, program: Program, agreeing: list[Plan]) -> None:
        """Has a program be replayed, instead of these plans."""
        self._sort.settled += 1
        self._turns = True
        if not self.programs and self.recorded <= FIRST:
            self._left += AGAIN
        self._candidates = [earlier for earlier in self._candidates if earlier not in agreeing]
        self.programs = [p for p in self.programs if p.plan not in agreeing]
        self.programs.insert(0, program)
        del self.programs[MOST_PROGRAMS:]
        if not self._left:
            self._wait(PRICE)

    def is_waiting(self) -> bool:
        """Whether recordings have led to nothing, so that calls run as they are."""
        return not self._left and not self.programs and not self._takes_turns()

    def latest(self) -> list[Plan]:
        """The last two plans that did not agree, or as many as there are, the later one first."""
        return self._candidates[:-3:-1]

    def _differences(self) -> list[tuple[Place, Place]]:
        """The places of these at which they differ in more than numbers and gradients."""
        plans = self.latest()
        return differences(self.changing.path, *plans) if len(plans) > 1 else []

    def prefer(self, program: Program) -> None:
        """Has a program tried first."""
        self.programs.remove(program)
        self.programs.insert(0, program)


def _is_shape(pair: tuple[Place, Place]) -> bool:
    """Whether a place holds arrays."""
    return all(isinstance(place.value, Kept) and place.value.layout for place in pair)
