"""Layers that are neither activations nor normalisation."""

from tests.modules.row import Layer

TABLE = "T.arange(6.0).reshape(3, 2)"
PAIRS = ("m(x, y)", "m(x1=x, x2=y)")

ROWS: list[Layer] = [
    Layer(
        "Linear",
        (
            "nn.Linear(3, 2)",
            "nn.Linear(in_features=3, out_features=1)",
            "nn.Linear(3, 2, False)",
            "nn.Linear(3, 2, bias=False)",
        ),
        shapes=(((4, 3),), ((3,),), ((2, 4, 3),), ((0, 3),)),
        refused=(
            "nn.Linear(3)",
            "nn.Linear(3, -1)",
            "nn.Linear(-1, 3)",
            "nn.Linear(2.5, 1)",
            "nn.Linear(3, 1, dtype=T.int64)",
            "nn.Linear(2, 1)(x)",
            "nn.Linear(2, 1, bias=False)(x)",
        ),
        note="The input may be of another dtype, also of integers: they meet by promotion.",
    ),
    Layer(
        "Identity",
        ("nn.Identity()", "nn.Identity(54, unused=True)"),
        refused=("nn.Identity()(x, x)",),
    ),
    Layer(
        "Flatten",
        (
            "nn.Flatten()",
            "nn.Flatten(0)",
            "nn.Flatten(2, 3)",
            "nn.Flatten(start_dim=0, end_dim=-2)",
        ),
        shapes=(((2, 3, 2, 2),), ((2, 0, 1, 3),)),
        refused=("nn.Flatten(1, 5)(x)", "nn.Flatten(1, 0)(x)", "nn.Flatten()(x[0])"),
    ),
    Layer(
        "Dropout",
        (
            "nn.Dropout(0.0)",
            "nn.Dropout(1.0)",
            "nn.Dropout(p=1)",
            "nn.Dropout(0.0, True)",
            "nn.Dropout(p=1.0, inplace=True)",
        ),
        refused=("nn.Dropout(1.5)", "nn.Dropout(-0.1)", "nn.Dropout(float('nan'))(x)"),
        note="Draws from NumPy's global generator.",
    ),
    Layer(
        "Embedding",
        (
            "nn.Embedding(5, 3)",
            "nn.Embedding(num_embeddings=5, embedding_dim=2, padding_idx=1)",
            "nn.Embedding(5, 3, -1)",
            "nn.Embedding(5, 3, None, 1.0)",
            "nn.Embedding(5, 3, max_norm=0.5, norm_type=1.0)",
            "nn.Embedding(5, 3, scale_grad_by_freq=True)",
            "nn.Embedding(5, 3, 0, 1.5, 3.0, True)",
        ),
        ("m(T.tensor([[1, 2, 1], [0, 4, 1]]))", "m(input=T.tensor(3))"),
        ((),),
        without=("sparse",),
        refused=(
            "nn.Embedding(3, 2, 3)",
            "nn.Embedding(3, 2, -4)",
            "nn.Embedding(-1, 2)",
            "nn.Embedding(2.5, 2)",
            "nn.Embedding(3)",
            "nn.Embedding(3, 2)(T.tensor([3]))",
            "nn.Embedding(3, 2)(x)",
            "nn.Embedding.from_pretrained(x[0])",
        ),
    ),
    Layer(
        "Embedding.from_pretrained",
        (
            f"nn.Embedding.from_pretrained({TABLE})",
            f"nn.Embedding.from_pretrained(embeddings={TABLE}, freeze=False)",
            f"nn.Embedding.from_pretrained({TABLE}, False, 1)",
            f"nn.Embedding.from_pretrained({TABLE}, padding_idx=-1, max_norm=2.0)",
            f"nn.Embedding.from_pretrained({TABLE}, False, None, 2.0, 1.0, True)",
            f"nn.Embedding.from_pretrained({TABLE}, max_norm=2.0, norm_type=1.0)",
            f"nn.Embedding.from_pretrained({TABLE}, freeze=False, scale_grad_by_freq=True)",
        ),
        ("m(T.tensor([[1, 2, 1], [0, 2, 1]]))",),
        ((),),
        without=("sparse",),
        note="The weight is a copy of the table.",
    ),
    Layer(
        "CosineSimilarity",
        (
            "nn.CosineSimilarity()",
            "nn.CosineSimilarity(0)",
            "nn.CosineSimilarity(dim=-1, eps=5.0)",
            "nn.CosineSimilarity(1, 5.0)",
        ),
        PAIRS,
        (((4, 3), (4, 3)), ((4, 3), (1, 3))),
        refused=("nn.CosineSimilarity(5)(x, x)",),
    ),
    Layer(
        "PairwiseDistance",
        (
            "nn.PairwiseDistance()",
            "nn.PairwiseDistance(1.0)",
            "nn.PairwiseDistance(p=3.0, eps=0.5)",
            "nn.PairwiseDistance(2.0, 0.5, True)",
            "nn.PairwiseDistance(keepdim=True)",
        ),
        PAIRS,
        (((4, 3), (4, 3)), ((3,), (3,))),
    ),
]
