"""The tests of homework 1, and its two commands: runner.py and test_mnist.py."""
