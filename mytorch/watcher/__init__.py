"""`mytorch.watch`: a run of your own, forward and backward, as a page to step through.

The recorder observes the block (`recorder`, `record`, `iterations`, `updates`), with numbers
(`summary`) and places in the source (`places`). The trace joins all that into one document, with
`rules`, the words for each operation; the page shows it.
"""

from mytorch.watcher.tape import Tape, watch

__all__ = ["Tape", "watch"]
