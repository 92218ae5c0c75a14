"""Memory that is freed stays with the process, for the arrays that come next.

A step frees most of what it has allocated. glibc would give that back to the system, which would
hand it out again in the next step, page by page. How much it keeps follows from the largest block
that was freed, up to 32 MB: here is one of that size. Nobody writes to it, so it takes no memory.
Other allocators do not mind.
"""

import numpy as np

__all__ = ["keep_freed_memory"]


def keep_freed_memory() -> None:
    """Tells glibc to, once for the process."""
    np.empty(2**25 - 2**13, np.uint8)  # less what malloc adds
