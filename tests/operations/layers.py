"""Linear, embedding, dropout, padding and distances."""

from tests.operations.row import Operation

ROWS: list[Operation] = [
    Operation(
        "nn.functional.linear",
        ("F.linear(x, y, z)", "F.linear(input=x, weight=y, bias=z)"),
        (
            ((5, 4), (3, 4), (3,)),
            ((4,), (3, 4), (3,)),
            ((2, 3, 4), (3, 4), (3,)),
            ((5, 4), (3, 4), ()),
            ((5, 4), (3, 4), (1,)),
            ((2, 5, 4), (3, 4), (5, 3)),
            ((4,), (4,), ()),
        ),
        special=False,  # sums of products: PyTorch leaves the order, so the overflow, open
        refused=(
            "F.linear(T.ones(2, 3), T.ones(2, 4))",
            "F.linear(T.ones(2, 3), T.ones(2, 4), T.ones(2))",
            "F.linear(T.ones(2, 3), T.ones(2, 4, 3))",
            "F.linear(T.ones(()), T.ones(2, 1))",
            "F.linear(T.ones(3), T.ones(()))",
            "F.linear(T.ones(4, 3), T.ones(2, 3), T.ones(4))",
            "F.linear(T.ones(4, 3), T.ones(2, 3), T.ones(1, 4, 2))",
            "F.linear(T.ones(3), T.ones(3), T.ones(3))",
            "F.linear(T.tensor([[True]]), T.tensor([[True]]), T.tensor([True]))",
        ),
        note="Mixed dtypes are promoted, which PyTorch refuses: course code feeds integers and "
        "float32 to float64 layers.",
        sums_products=True,
    ),
    Operation(
        "nn.functional.linear without a bias",
        ("F.linear(x, y)", "F.linear(x, y, bias=None)"),
        (((5, 4), (3, 4)), ((4,), (3, 4)), ((2, 3, 4), (4,)), ((4,), (4,))),
        special=False,
    ),
    Operation(
        "nn.functional.linear of nothing",
        ("F.linear(x, y)", "F.linear(x, y, z)"),
        (((0, 4), (3, 4), (3,)), ((5, 0), (3, 0), (3,))),
        special=False,
        integers=False,  # PyTorch refuses booleans in some of these cases
    ),
    Operation(
        "nn.functional.one_hot",
        (
            "F.one_hot(T.tensor([[2, 0], [1, 1]]))",
            "F.one_hot(T.tensor(1), 3)",
            "F.one_hot(T.tensor([1, 0]), num_classes=4)",
            "F.one_hot(T.zeros(2, 0).to(T.int64), 3)",
            "F.one_hot(T.zeros(0).to(T.int64), 1)",
        ),
        ((),),
        derivatives=0,
        special=False,  # no inputs
        integers=False,
        refused=(
            "F.one_hot(T.tensor([0, 3]), 3)",
            "F.one_hot(T.tensor([0, -1]))",
            "F.one_hot(T.tensor([0, -1]), 3)",
            "F.one_hot(T.tensor([0, 1]), 0)",
            "F.one_hot(T.tensor([0, 1]), -2)",
            "F.one_hot(T.tensor([0.0]))",
            "F.one_hot(T.tensor([True]))",
            "F.one_hot(T.tensor([0]).to(T.int32))",
            "F.one_hot(T.zeros(0).to(T.int64))",
            "F.one_hot(T.zeros(0).to(T.int64), 0)",
            "F.one_hot([0, 1])",
        ),
    ),
    Operation(
        "nn.functional.embedding",
        (
            "F.embedding(T.tensor([[2, 0], [2, 1]]), x)",
            "F.embedding(T.tensor(1), x)",
            "F.embedding(T.zeros(0, 2).to(T.int64), x)",
        ),
        (((3, 4),), ((3, 0),)),
        refused=(
            "F.embedding(T.tensor([3]), T.ones(3, 2))",
            "F.embedding(T.tensor([-1]), T.ones(3, 2))",
            "F.embedding(T.tensor([0.0]), T.ones(3, 2))",
            "F.embedding(T.tensor([True]), T.ones(3, 2))",
            "F.embedding(T.tensor([0]), T.ones(3))",
            "F.embedding([0], T.ones(3, 2))",
        ),
        note="Without sparse gradients.",
    ),
    Operation(
        "nn.functional.embedding with options",
        (
            "F.embedding(T.tensor([0, 2, 2]).to(T.int32), x, padding_idx=2)",
            "F.embedding(input=T.tensor([0, 2, 1]), weight=x, padding_idx=-1)",
            "F.embedding(T.tensor([0, 2, 2]), x * 1, 0, 2.0)",
            "F.embedding(T.tensor([0, 2, 2]), x * 1, max_norm=0.5, norm_type=1)",
            "F.embedding(T.tensor([[0, 2, 2], [1, 1, 1]]), x, scale_grad_by_freq=True)",
        ),
        derivatives=0,  # the gradients leave the options out: they are no derivatives
        note="A padding_idx out of range raises ValueError, in PyTorch AssertionError.",
    ),
    Operation(
        "nn.functional.embedding_bag",
        (
            "F.embedding_bag(T.tensor([[2, 0, 2], [2, 1, 1]]), x)",
            "F.embedding_bag(T.tensor([2, 0, 2]), x, T.arange(4) // 2 * 2, mode='sum')",
            "F.embedding_bag(T.tensor([[2, 0], [2, 1]]).to(T.int32), x, mode='max')",
            "F.embedding_bag(T.tensor([2, 1, 0, 2]), x, T.arange(4) // 2 * 2, mode='max', "
            "padding_idx=1)",
            "F.embedding_bag(T.tensor([2, 0, 1, 1]), x, T.arange(3) // 2 * 4, "
            "include_last_offset=True, padding_idx=-1)",
            "F.embedding_bag(input=T.zeros(0, 2).to(T.int64), weight=x)",
        ),
        # PyTorch has no second derivatives, and of NaN no maximum.
        derivatives=1,
        special=False,
        integers=False,
        refused=(
            "F.embedding_bag(T.tensor([[3]]), T.ones(3, 2))",
            "F.embedding_bag(T.tensor([[-1]]), T.ones(3, 2))",
            "F.embedding_bag(T.tensor([[0.0]]), T.ones(3, 2))",
            "F.embedding_bag(T.tensor([[0]]), T.ones(3))",
            "F.embedding_bag(T.tensor([[0]]), T.tensor([[1], [2]]))",
            "F.embedding_bag(T.tensor([0]), T.ones(3, 2))",
            "F.embedding_bag(T.tensor(0), T.ones(3, 2))",
            "F.embedding_bag(T.tensor([[0]]), T.ones(3, 2), T.tensor([0]))",
            "F.embedding_bag(T.tensor([0]), T.ones(3, 2), T.tensor([[0]]))",
            "F.embedding_bag(T.tensor([0]), T.ones(3, 2), T.tensor([1]))",
            "F.embedding_bag(T.tensor([0]), T.ones(3, 2), T.tensor([0, 2]))",
            "F.embedding_bag(T.tensor([0]), T.ones(3, 2), T.tensor([0.0]))",
            "F.embedding_bag(T.zeros(0).to(T.int64), T.ones(3, 2), T.zeros(0).to(T.int64), "
            "include_last_offset=True)",
            "F.embedding_bag(T.tensor([[0]]), T.ones(3, 2), padding_idx=3)",
            "F.embedding_bag(T.tensor([[0]]), T.ones(3, 2), mode='min')",
            "F.embedding_bag(T.tensor([[0]]), T.ones(3, 2), mode='max', scale_grad_by_freq=True)",
            "F.embedding_bag(T.tensor([[0]]), T.ones(3, 2), mode='max', sparse=True)",
            "F.embedding_bag(T.tensor([[0]]), T.ones(3, 2), per_sample_weights=T.ones(1, 1))",
            "F.embedding_bag(T.tensor([[0]]), T.ones(3, 2), mode='sum', "
            "per_sample_weights=T.ones(2))",
            "F.embedding_bag(T.tensor([[0]]), T.ones(3, 2), mode='sum', "
            "per_sample_weights=T.ones(1, 1).to(T.float16))",
        ),
        note="Without sparse gradients, but with second derivatives. The frequency is that of each "
        "index; PyTorch 2.13 takes another one's. What lies behind a last offset is in no bag.",
    ),
    Operation(
        "nn.functional.embedding_bag with weights",
        (
            "F.embedding_bag(T.tensor([[2, 0], [2, 1]]), x, mode='sum', per_sample_weights=y)",
            "F.embedding_bag(T.tensor([2, 0, 2, 1]), x, T.arange(3), mode='sum', "
            "per_sample_weights=y.reshape(-1), padding_idx=0)",
        ),
        (((3, 4), (2, 2)),),
        derivatives=1,
        special=False,
        integers=False,
    ),
    Operation(
        "nn.functional.embedding_bag with options",
        (
            "F.embedding_bag(T.tensor([[0, 2, 2]]), x * 1, None, 2.0)",
            "F.embedding_bag(T.tensor([[0, 2]]), x * 1, max_norm=0.5, norm_type=1, mode='max')",
            "F.embedding_bag(T.tensor([[0, 2, 2], [1, 1, 1]]), x, scale_grad_by_freq=True)",
        ),
        derivatives=0,  # the gradients leave the options out: they are no derivatives
        special=False,
        integers=False,
    ),
    Operation(
        "nn.functional.dropout",
        (
            "F.dropout(x, 0.0)",
            "F.dropout(x, 1.0)",
            "F.dropout(x, p=0.5, training=False)",
            "F.dropout(x * 1, 1.0, inplace=True)",
        ),
        refused=(
            "F.dropout(T.ones(2), -0.1)",
            "F.dropout(T.ones(2), 1.1, False)",
            "F.dropout(T.tensor([1, 2]), 0.5)",
        ),
    ),
    Operation(
        "nn.functional.pad",
        (
            "F.pad(x, (1, 2))",
            "F.pad(x, [1, 0, 2, 1], value=0.5)",
            'F.pad(x, pad=(-1, 2), mode="constant", value=9)',
            "F.pad(x, (-1, -2, 3, -1))",
            "F.pad(x, (-2, -2))",
            "F.pad(x, (0, 0))",
            "F.pad(x, ())",
        ),
        refused=(
            "F.pad(T.ones(2, 3), (1,))",
            "F.pad(T.ones(3), (1, 1, 1, 1))",
            "F.pad(T.ones(3), (-2, -2))",
            "F.pad(T.ones(3), (-4, 3))",
            "F.pad(T.ones(3), (1.0, 1))",
            "F.pad(T.ones(3), 1)",
            'F.pad(T.ones(2, 3), (1, 1), "mirror")',
            "F.pad(T.tensor([1, 2]).to(T.uint8), (1, 1), value=-1)",
            "F.pad([1.0], (1, 1))",
        ),
    ),
    Operation(
        "nn.functional.pad of a number, and of nothing",
        ("F.pad(x, ())", "F.pad(y, (1, 1))", "F.pad(y, (1, 1, 1, 0), value=2)"),
        (((), (0, 2)),),
    ),
    Operation(
        "nn.functional.pad with what is there",
        (
            'F.pad(x, (1, 2), mode="reflect")',
            'F.pad(x, (-1, 3), mode="reflect")',
            'F.pad(x, (1, 2), "replicate")',
            'F.pad(x, (5, -1), "replicate")',
            'F.pad(x, (2, 4), "circular")',
            'F.pad(x, (-1, -2), "circular")',
            'F.pad(x, (-1, 3), "circular")',
            'F.pad(x, (1, -2), "circular")',
            'F.pad(x[None][:0], (1, 2), "reflect")',
            'F.pad(x[:0, None], (1, 2), "replicate")',
            'F.pad(y, (1, 2, 1, 0), "reflect")',
            'F.pad(y, (1, 2, 1, 0), "replicate")',
            'F.pad(y, (1, 2, 1, 0), "circular")',
            'F.pad(y[None, None], (1, 2, 1, 0, 2, 0), "replicate")',
        ),
        (((3, 4), (2, 2, 3)),),
        refused=(
            'F.pad(T.ones(2, 3), (3, 0), "reflect")',
            'F.pad(T.ones(2, 3), (-1, -2), "reflect")',
            'F.pad(T.ones(2, 3), (-2, -1), "replicate")',
            'F.pad(T.ones(2, 3), (4, 0), "circular")',
            'F.pad(T.ones(2, 3), (-2, -2), "circular")',
            'F.pad(T.ones(3), (1, 1), "reflect")',
            'F.pad(T.ones(2, 3), (1, 1, 1, 1), "circular")',
            'F.pad(T.ones(2, 3, 4, 5), (1, 1), "reflect")',
            'F.pad(T.ones(2, 3), (), "reflect")',
            'F.pad(T.ones(2, 0), (1, 1), "replicate")',
            'F.pad(T.ones(2, 0), (1, 1), "circular")',
            'F.pad(T.ones(2, 3), (1, 1), "reflect", 1.0)',
        ),
        integers=False,
        note="Booleans are padded in every mode; PyTorch lacks them in two.",
    ),
    Operation(
        "nn.functional.normalize",
        (
            "F.normalize(x)",
            "F.normalize(x, p=1, dim=0)",
            "F.normalize(x, 3.0, -1, eps=0.5)",
            'F.normalize(x, float("inf"))',
            "F.normalize(x, 1.5, dim=(0, 1), eps=3)",
            "F.normalize(y, dim=0)",
        ),
        (((3, 4), (4,)),),
        refused=(
            "F.normalize(T.ones(3))",
            "F.normalize(T.ones(2, 3), dim=2)",
            "F.normalize(T.tensor([[1, 2]]))",
            'F.normalize(T.zeros(2, 0), p=float("inf"))',
        ),
    ),
    Operation(
        "nn.functional.normalize of few",
        ("F.normalize(x, dim=0)", "F.normalize(y)", "F.normalize(z, p=0)"),
        (((), (2, 0), (1, 2)),),
    ),
    Operation(
        "nn.functional.normalize of zeros",
        ("F.normalize(x * 0)", "F.normalize(x * 0, p=1)", "F.normalize(x * 0, p=3)"),
        (((1, 2),),),
        derivatives=1,
        note="The second derivative at a vector of zeros is 0, in PyTorch NaN.",
    ),
    Operation(
        "nn.functional.cosine_similarity",
        (
            "F.cosine_similarity(x, y)",
            "F.cosine_similarity(x1=x, x2=y, dim=0, eps=1e-4)",
        ),
        (((3, 4), (3, 4)), ((3, 4), (4,)), ((2, 1, 3), (4, 3))),
        special=False,  # the terms of its gradient cancel, up to rounding
        rounding=64,
        refused=(
            "F.cosine_similarity(T.ones(3), T.ones(3))",
            "F.cosine_similarity(T.ones(2, 3), T.ones(2, 4))",
            "F.cosine_similarity(T.tensor([[1]]), T.tensor([[1]]))",
            "F.cosine_similarity(T.ones(2, 3), T.ones(2, 3), eps=-1.0)",
        ),
    ),
    Operation(
        "nn.functional.cosine_similarity of few",
        ("F.cosine_similarity(x, x * 2, dim=0)", "F.cosine_similarity(y, y + 1, 0)"),
        (((), (0, 3)),),
        rounding=16,
    ),
    Operation(
        "nn.functional.cosine_similarity of short vectors",
        ("F.cosine_similarity(x, y, -1, 100.0)", "F.cosine_similarity(x * 0, y)"),
        (((3, 4), (3, 4)),),
        derivatives=0,  # eps is not part of the gradient, in PyTorch too: it is no derivative
    ),
    Operation(
        "nn.functional.pairwise_distance",
        (
            "F.pairwise_distance(x, y)",
            "F.pairwise_distance(x1=x, x2=y, p=1.5, eps=0.1, keepdim=True)",
            "F.pairwise_distance(x, y, 3.0)",
        ),
        (((3, 4), (3, 4)), ((3, 4), (4,)), ((4,), (4,))),
    ),
    Operation(
        "nn.functional.pairwise_distance without curvature",
        ("F.pairwise_distance(x, y, 1.0)", 'F.pairwise_distance(x, y, float("inf"), 0.0)'),
        (((3, 4), (3, 4)),),
        derivatives=1,
    ),
    Operation(
        "nn.functional.bilinear",
        ("F.bilinear(x, y, z)", "F.bilinear(x, y, z, w)"),
        (((2, 3), (2, 2), (4, 3, 2), (4,)),),
        sums_products=True,
        special=False,
        refused=(
            "F.bilinear(T.ones(2, 3), T.ones(2, 2), T.ones(4, 3, 3))",
            "F.bilinear(T.ones(2, 3), T.ones(1, 2), T.ones(4, 3, 2))",
        ),
    ),
]
