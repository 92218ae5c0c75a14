"""Grades a homework: its code in processes of its own, what is expected of it in another."""
