"""One file per contender, written as its users write.

A contender has a NAME and those of these functions whose work it can do:

    training(task)   -> a function that trains on the next batch and returns the loss
    inference(task)  -> a function that returns the logits of the next image as an array
    product(*arrays) -> a function that runs a linear layer (input, weight, bias) or a product of
                        two operands forward and backward, from the gradient that is the last of the
                        arrays, and returns the gradient of the second as an array
    transformer()    -> a function that trains a block on the next batch and returns the loss
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
