"""The MNIST files and their reader."""
