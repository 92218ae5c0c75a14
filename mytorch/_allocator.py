"""Memory that is freed stays with the process, for the arrays that come next.

A step frees most of what it has allocated. glibc would give that back to the system, which would
hand it out again in the next step, page by page. Other allocators are not asked.
"""

import ctypes

__all__ = ["keep_freed_memory"]

# Options of glibc's mallopt, and as many bytes: up to which size blocks come from the memory that
# is kept, where it allows no more; and how much of it may be free.
_OPTIONS = {"M_MMAP_THRESHOLD": (-3, 2**25), "M_TRIM_THRESHOLD": (-1, 2**30)}


def keep_freed_memory() -> None:
    """Tells glibc to, once for the process."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for option, most in _OPTIONS.values():
        mallopt(option, most)
