"""How much memory a call takes."""

import tracemalloc
from collections.abc import Callable
from typing import Any


def peak_bytes(function: Callable[[], Any]) -> int:
    """The most bytes that the call holds at once."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
