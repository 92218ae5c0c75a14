"""Memory that is freed stays with the process, for the arrays that come next, and lies in large
pages.

A step frees most of what it has allocated. glibc would give that back to the system, which would
hand it out again in the next step, page by page. Other allocators are not asked. In small pages
the processor would spend much of its time on finding them.
"""

import ctypes
from contextlib import suppress

import numpy as np

__all__ = ["keep_freed_memory"]

# Options of glibc's mallopt, and as many bytes: up to which size blocks come from the memory that
# is kept, where it allows no more; and how much of it may be free.
_OPTIONS = {"M_MMAP_THRESHOLD": (-3, 2**25), "M_TRIM_THRESHOLD": (-1, 2**30)}
# Blocks of so many bytes are the first that is kept. Unless something is written there, the system
# gives nothing for them.
_BLOCKS, _BYTES = 8, 2**24


def keep_freed_memory() -> None:
    """Tells glibc to, once for the process."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for option, most in _OPTIONS.values():
        mallopt(option, most)
    with suppress(MemoryError):
        # NumPy asks Linux for large pages for arrays of this size: at once, so that they lie side
        # by side. Smaller ones come to lie there, too.
        _ = [np.empty(_BYTES, np.uint8) for _ in range(_BLOCKS)]
