"""The autograders, at the write-up's addresses."""
