"""`student/` is a library to grade; nothing in it is to be collected or imported as it lies."""

collect_ignore = ["student"]
