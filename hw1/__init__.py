"""Homework 1: an MLP trained on MNIST with the library (write-up section 3)."""
