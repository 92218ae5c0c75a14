"""What `compile` is asked for beside the function: PyTorch's options, by name."""

from __future__ import annotations

from typing import Any

from mytorch._checks import kind_of, option

__all__ = ["check_options"]

# PyTorch's names for what there is one of here.
BACKENDS = (None, "inductor")
# They say how long PyTorch may look for the fastest program.
MODES = (None, "default", "lite", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")


def check_options(dynamic: Any, backend: Any, mode: Any, options: Any) -> None:
    """Accepts what asks for nothing else than `compile` does; refuses the rest by name.

    Raises TypeError or ValueError.
    """
    if dynamic is not None:
        option("compile", "dynamic", dynamic)
    if backend not in BACKENDS:
        raise ValueError(
            f"compile: there is no backend {backend!r}, but one, which replays NumPy calls; leave "
            "`backend` out, or give disable=True for a function that runs as it is"
        )
    if mode not in MODES:
        known = ", ".join(map(repr, MODES[1:]))
        raise ValueError(f"compile: expected one of {known} as mode, got {mode!r}")
    if options is not None and not isinstance(options, dict):
        raise TypeError(f"compile: expected a dict of options, got {kind_of(options)}")
    if options:
        raise ValueError(
            f"compile: the option {next(iter(options))!r} is one of PyTorch's own backend; leave "
            "`options` out"
        )
