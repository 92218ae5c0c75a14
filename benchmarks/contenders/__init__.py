"""One file per contender, written as its users write.

A contender has a NAME and those of these functions whose work it can do:

    training(task)   -> a function that trains on the next batch and returns the loss
    inference(task)  -> a function that returns the logits of the next image as an array
    chain(length)    -> a function that runs `length` operations forward and backward, and returns
                        a gradient
    record(length)   -> a graph of `length` operations: its end, which has `backward()`, and a leaf
    ladder(length)   -> the same for y = y + y

Importing a contender whose library is not installed raises ImportError: it is left out.
"""

# PyTorch comes first: the others are measured and checked against it.
CONTENDERS = (
    "torch_eager",
    "mytorch_eager",
    "mytorch_compiled",
    "jax_jit",
    "mygrad_eager",
    "autograd_eager",
    "numpy_by_hand",
)
