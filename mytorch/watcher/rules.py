"""Rules: what each operation does with a gradient, in words, and by which formula a page writes a
number of the result out.

`parts` tells of each argument what its gradient is, G being that of the result; the last one stands
for all arguments after it. `cells` names a formula of the page: "slope" is G times the slope at the
same place, "same" G itself, "product" G times the other factor; the empty one writes nothing out.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RULES", "Rule"]


@dataclass(frozen=True)
class Rule:
    """What a page says of an operation.

    `tag` is its short name, `verb` what it does to its operands, `keeps` why it keeps what it
    keeps.
    """

    tag: str
    verb: str
    keeps: str
    parts: tuple[str, ...]
    cells: str = ""


def _slope(tag: str, verb: str, slope: str) -> Rule:
    """The rule of an operation on each number by itself."""
    return Rule(tag, verb, f"the slope is {slope}", (f"G × {slope}",), "slope")


def _moved(tag: str, verb: str, back: str) -> Rule:
    """The rule of an operation that moves numbers or repeats them."""
    return Rule(tag, verb, "nothing but shapes and places: the numbers do not matter", (back,))


def _recurrent(*states: str) -> tuple[str, ...]:
    """What the arguments of a recurrent layer get: D is the gradient at its gates, by the walk."""
    return (
        "D W_ih at each step, where D is what comes to the gates there",
        *(f"what comes to {state} at the first step" for state in states),
        "Σ Dᵀ x over the steps",
        "Σ Dᵀ h over the steps",
        "Σ D over the steps",
        "Σ D over the steps",
    )


RULES: dict[str, Rule] = {
    # Arithmetic.
    "Add": Rule("add", "adds", "a sum grows with each term at the rate 1", ("G", "G"), "same"),
    "Sub": Rule(
        "subtract", "subtracts", "the slopes are 1 and −1 everywhere", ("G", "−G"), "signed"
    ),
    "Mul": Rule(
        "multiply",
        "multiplies",
        "the slope of a product along one factor is the other factor",
        ("G × the other factor", "G × the other factor"),
        "product",
    ),
    "Div": Rule(
        "divide",
        "divides",
        "the slopes are 1 / b along a, and −a / b² along b",
        ("G / b", "−G a / b²"),
        "quotient",
    ),
    "Pow": Rule(
        "power",
        "raises to a power",
        "the slopes are b aᵇ⁻¹ along a, and aᵇ log a along b",
        ("G b aᵇ⁻¹", "G aᵇ log a"),
        "power",
    ),
    "RoundedDiv": Rule(
        "divide, rounded", "divides and rounds", "its steps are flat", ("0", "0"), "zero"
    ),
    "Remainder": Rule(
        "remainder",
        "takes the remainder of",
        "along a the slope is 1, along b minus the rounded quotient",
        ("G", "−G × the rounded quotient"),
    ),
    "Neg": Rule("negate", "negates", "the slope is −1 everywhere", ("−G",), "slope"),
    # Each number by itself.
    "Abs": _slope("abs", "takes the size of", "the sign of x, 0 at 0"),
    "Exp": _slope("exp", "takes the exponential of", "the result itself"),
    "Expm1": _slope("expm1", "takes exp(x) − 1 of", "the result + 1"),
    "Log": _slope("log", "takes the logarithm of", "1 / x"),
    "Log1p": _slope("log1p", "takes log(1 + x) of", "1 / (1 + x)"),
    "Log2": _slope("log2", "takes the logarithm to base 2 of", "1 / (x log 2)"),
    "Log10": _slope("log10", "takes the logarithm to base 10 of", "1 / (x log 10)"),
    "Sqrt": _slope("sqrt", "takes the square root of", "1 / (2 √x)"),
    "Rsqrt": _slope("rsqrt", "takes 1 / √x of", "−½ times the result cubed"),
    "Reciprocal": _slope("reciprocal", "takes 1 / x of", "minus the result squared"),
    "Sin": _slope("sin", "takes the sine of", "cos x"),
    "Cos": _slope("cos", "takes the cosine of", "−sin x"),
    "Erf": _slope("erf", "takes the error function of", "2 exp(−x²) / √π"),
    "Erfc": _slope("erfc", "takes 1 − erf(x) of", "−2 exp(−x²) / √π"),
    "Exp2": _slope("exp2", "takes the power of 2 of", "the result × log 2"),
    "Logit": _slope("logit", "takes log(x / (1 − x)) of", "1 / (x (1 − x))"),
    "Tan": _slope("tan", "takes the tangent of", "1 + the result squared"),
    "Asin": _slope("asin", "takes the inverse sine of", "1 / √(1 − x²)"),
    "Acos": _slope("acos", "takes the inverse cosine of", "−1 / √(1 − x²)"),
    "Atan": _slope("atan", "takes the inverse tangent of", "1 / (1 + x²)"),
    "Sinh": _slope("sinh", "takes the hyperbolic sine of", "cosh x"),
    "Cosh": _slope("cosh", "takes the hyperbolic cosine of", "sinh x"),
    "Asinh": _slope("asinh", "takes the inverse hyperbolic sine of", "1 / √(x² + 1)"),
    "Acosh": _slope("acosh", "takes the inverse hyperbolic cosine of", "1 / √(x² − 1)"),
    "Atanh": _slope("atanh", "takes the inverse hyperbolic tangent of", "1 / (1 − x²)"),
    "Sinc": _slope("sinc", "takes sin(πx) / (πx) of", "(πx cos(πx) − sin(πx)) / (πx²)"),
    "Erfcx": _slope("erfcx", "takes exp(x²) erfc(x) of", "2 x times the result − 2 / √π"),
    "Erfinv": _slope("erfinv", "takes the inverse error function of", "½ √π exp(y²), y the result"),
    "Ndtri": _slope("ndtri", "takes the normal quantile of", "√(2π) exp(½ y²) for the result y"),
    "LogNdtr": _slope("log_ndtr", "takes log Φ(x) of", "φ(x) / Φ(x), of the normal distribution"),
    "Entr": _slope("entr", "takes −x log x of", "−(log x + 1)"),
    "Lgamma": _slope("lgamma", "takes log |Γ(x)| of", "digamma(x)"),
    "Polygamma": _slope("polygamma", "takes a derivative of log |Γ| of", "the next derivative"),
    "I0": _slope("i0", "takes the Bessel function I₀ of", "I₁(x)"),
    "I1": _slope("i1", "takes the Bessel function I₁ of", "I₀(x) − the result / x"),
    "I0e": _slope("i0e", "takes exp(−|x|) I₀(x) of", "i1e(x) − sign(x) times the result"),
    "I1e": _slope("i1e", "takes exp(−|x|) I₁(x) of", "i0e(x) − (sign(x) + 1 / x) times the result"),
    "Gammainc": Rule(
        "gammainc",
        "takes the gamma distribution's share of",
        "along x the slope is the density there; along a it has none",
        ("an error", "G × xᵃ⁻¹ exp(−x) / Γ(a)"),
    ),
    "Xlogy": Rule(
        "xlogy",
        "takes a log b of",
        "the slopes are log b along a, and a / b along b",
        ("G log b, 0 where a and b are 0", "G a / b"),
    ),
    "Xlog1py": Rule(
        "xlog1py",
        "takes a log(1 + b) of",
        "the slopes are log(1 + b) along a, and a / (1 + b) along b",
        ("G log(1 + b), 0 where a and 1 + b are 0", "G a / (1 + b)"),
    ),
    "Atan2": Rule(
        "atan2",
        "takes the angle of",
        "the slopes are b / (a² + b²) along a, and −a / (a² + b²) along b",
        ("G b / (a² + b²)", "−G a / (a² + b²)"),
    ),
    "Hypot": Rule(
        "hypot",
        "takes the length of",
        "the slope along each is its share of the result",
        ("G a / the result", "G b / the result"),
    ),
    "Fmax": Rule(
        "fmax",
        "takes the larger, rather than NaN, of",
        "only what was taken counts, of equal ones a",
        ("G where a was taken", "G where b was taken"),
        "chosen",
    ),
    "Fmin": Rule(
        "fmin",
        "takes the smaller, rather than NaN, of",
        "only what was taken counts, of equal ones a",
        ("G where a was taken", "G where b was taken"),
        "chosen",
    ),
    "AddCMul": Rule(
        "addcmul",
        "adds a, and the scaled product of b and c,",
        "the slopes are 1, and for each factor the scale times the other one",
        ("G", "G × value × c", "G × value × b"),
    ),
    "AddCDiv": Rule(
        "addcdiv",
        "adds a, and the scaled quotient of b and c,",
        "the slopes are 1, value / c along b, and −value × b / c² along c",
        ("G", "G × value / c", "−G × value × b / c²"),
    ),
    "Fmod": Rule(
        "fmod",
        "takes the remainder of",
        "along a the slope is 1, along b minus the rounded quotient",
        ("G", "−G × the rounded quotient"),
    ),
    "Copysign": Rule(
        "copysign",
        "gives the sign of the other to",
        "the slope is 1 where the sign stays, −1 where it turns",
        ("G × 1 or −1", "0"),
    ),
    "LogCumSumExp": Rule(
        "logcumsumexp",
        "adds up, as exponents, step by step",
        "the slopes are the shares of each sum",
        ("G × its shares, added up from the end",),
    ),
    "LogAddExp": Rule(
        "logaddexp",
        "adds up, as exponents,",
        "the slopes are the shares of the sum",
        ("G × a's share", "G × b's share"),
    ),
    "Lerp": Rule(
        "lerp",
        "goes part of the way from a to b of",
        "the slopes are 1 − w, w and the way",
        ("G (1 − w)", "G w", "G (b − a)"),
    ),
    "NextAfter": Rule("nextafter", "takes the next number of", "it moves with a", ("G", "0"), ""),
    "Step": Rule("round", "rounds", "its steps are flat", ("0",), "zero"),
    "Flat": Rule("constant", "passes on", "the slope is 0", ("0",), "zero"),
    "Clamp": _slope("clamp", "holds within bounds", "1 within the bounds, else 0"),
    "Cast": Rule("convert", "converts", "its dtype alone", ("G, in the argument's dtype",), "same"),
    "Clone": Rule("copy", "copies", "nothing", ("G",), "same"),
    "Threshold": _slope("threshold", "replaces what is not above the limit of", "1 above, else 0"),
    # Activations.
    "ReLU": _slope("relu", "cuts off below 0", "1 where the result is positive, else 0"),
    "Sigmoid": _slope("sigmoid", "squeezes into 0 to 1", "s (1 − s) for the result s"),
    "Tanh": _slope("tanh", "squeezes into −1 to 1", "1 − t² for the result t"),
    "ELU": _slope("elu", "bends below 0", "1 above 0, else α exp(x)"),
    "Softplus": _slope("softplus", "takes log(1 + exp(x)) of", "sigmoid(x)"),
    "LogSigmoid": _slope("log sigmoid", "takes log(sigmoid(x)) of", "sigmoid(−x)"),
    "SiLU": _slope("silu", "takes x · sigmoid(x) of", "s (1 + x (1 − s)) with s = sigmoid(x)"),
    "Mish": _slope("mish", "takes x · tanh(softplus(x)) of", "that of x · tanh(softplus(x))"),
    "GELU": _slope("gelu", "takes x · Φ(x) of", "Φ(x) + x φ(x), of the normal distribution"),
    "TanhGELU": _slope("gelu, by tanh", "takes x · Φ(x) of, nearly", "that of its formula by tanh"),
    "LeakyReLU": _slope("leaky relu", "flattens below 0", "1 above 0, else the small slope"),
    "Hardtanh": _slope("hardtanh", "holds within bounds", "1 between the bounds, else 0"),
    "Shrink": _slope("shrink", "puts 0 near 0 in", "1 beyond λ on either side, else 0"),
    "NanToNum": _slope("nan to num", "replaces NaN and infinities in", "1 where finite, else 0"),
    "Hardswish": _slope("hardswish", "takes x (x + 3) / 6 of", "x / 3 + ½ between −3 and 3"),
    "Hardsigmoid": _slope("hardsigmoid", "takes (x + 3) / 6 of", "1/6 between −3 and 3, else 0"),
    "PReLU": Rule(
        "prelu",
        "flattens below 0, by a learned slope",
        "the slope along x is 1 above 0, else the weight; along the weight it is x below 0",
        ("G above 0, else G × the weight", "Σ G x where x is below 0"),
    ),
    "SigmoidSlope": Rule(
        "slope of sigmoid", "takes s (1 − s) of", "it is walked once more", ("its own slope × G",)
    ),
    "Slope": Rule("slope", "takes the slope of", "it is walked once more", ("its own slope × G",)),
    # Sums, products, choices.
    "Sum": Rule(
        "sum", "adds up", "every element counts at the rate 1", ("G, for each term",), "all"
    ),
    "Mean": Rule(
        "mean", "takes the mean of", "every element counts 1 / N", ("G / N, for each term",), "mean"
    ),
    "Prod": Rule(
        "product",
        "multiplies up",
        "the slope is the product of the others",
        ("G × the product of the others",),
    ),
    "Var": Rule(
        "variance",
        "takes the variance of",
        "the slope is 2 (x − mean) / N",
        ("G × 2 (x − mean) / N",),
    ),
    "Std": Rule(
        "deviation",
        "takes the deviation of",
        "the slope is (x − mean) / (N σ)",
        ("G × (x − mean) / (N σ)",),
    ),
    "Norm": Rule(
        "norm",
        "takes the norm of",
        "the slope is x / norm, for the norm by squares",
        ("G × x / norm",),
    ),
    "Cdist": Rule(
        "distances",
        "takes the distances of each row from each of",
        "the slope is the direction, (a − b) / distance",
        ("G × (a − b) / distance", "G × (b − a) / distance"),
    ),
    "LogSumExp": Rule(
        "log sum exp", "takes log Σ exp(x) of", "the slope is softmax(x)", ("G × softmax(x)",)
    ),
    "CumSum": Rule(
        "running sum",
        "adds up along",
        "each element counts in all later sums",
        ("the sum of G from there on",),
    ),
    "CumProd": Rule(
        "running product",
        "multiplies up along",
        "each element counts in all later products",
        ("the sum of G × the products that have it, over it",),
    ),
    "Median": Rule(
        "median",
        "takes the middle of",
        "equal ones in the middle share the gradient",
        ("G where it is the middle, else 0",),
    ),
    "NanMedian": Rule(
        "nanmedian",
        "takes the middle of",
        "equal ones in the middle share the gradient",
        ("G where it is the middle, else 0",),
    ),
    "Max": Rule(
        "max",
        "takes the largest of",
        "only the largest counts",
        ("G where it was the largest, else 0",),
        "chosen",
    ),
    "Min": Rule(
        "min",
        "takes the smallest of",
        "only the smallest counts",
        ("G where it was the smallest, else 0",),
        "chosen",
    ),
    "Maximum": Rule(
        "maximum",
        "takes the larger of",
        "only the larger counts, equal ones half each",
        ("G where it was the larger", "G where it was the larger"),
        "chosen",
    ),
    "Minimum": Rule(
        "minimum",
        "takes the smaller of",
        "only the smaller counts, equal ones half each",
        ("G where it was the smaller", "G where it was the smaller"),
        "chosen",
    ),
    "Where": Rule(
        "where",
        "chooses from",
        "the condition, which gets no gradient",
        ("nothing", "G where the condition holds, else 0", "G where it does not, else 0"),
        "chosen",
    ),
    "Softmax": Rule(
        "softmax",
        "makes shares of",
        "the slope needs the shares: s (G − Σ G s)",
        ("s (G − Σ G s)",),
        "softmax",
    ),
    "LogSoftmax": Rule(
        "log softmax",
        "takes logarithms of shares of",
        "the slope needs the shares: G − s Σ G",
        ("G − s Σ G",),
    ),
    # Products of matrices, layers.
    "Cross": Rule(
        "cross",
        "takes the vector products of",
        "the vector product of the other and the gradient, in their order",
        ("b × G", "G × a"),
    ),
    "MatMul": Rule(
        "matrix product",
        "multiplies the matrices",
        "the slope along one is the other",
        ("G Bᵀ", "Aᵀ G"),
        "matmul",
    ),
    "Linear": Rule(
        "x Wᵀ + b",
        "computes x Wᵀ + b of",
        "W's slope is x, and x's slope is W",
        ("G W", "Gᵀ x", "G, summed over the batch"),
        "linear",
    ),
    "BatchNorm": Rule(
        "batch norm",
        "normalises each column of",
        "the slope needs the centred batch and its spread",
        ("γ / σ · (G − mean G − x̂ · mean(G x̂))", "Σ G x̂ over the batch", "Σ G over the batch"),
        "columns",
    ),
    "Standardize": Rule(
        "normalise",
        "normalises",
        "the slope needs the centred numbers and their spread",
        ("1 / σ · (G − mean G − x̂ · mean(G x̂))",),
    ),
    "Embedding": Rule(
        "look up",
        "looks up rows by",
        "the indices, which get no gradient",
        ("G, added to the rows that were looked up",),
    ),
    "Bags": Rule(
        "sums of bags",
        "adds up, bag by bag, rows of",
        "how often each bag uses each row",
        ("G of each bag, as often as it uses the row",),
    ),
    "Used": _moved("used", "adds up, as often as they are used, rows of", "G, as often as used"),
    "Blend": Rule(
        "blend",
        "weighs and adds up the rows around each point of",
        "the slope along one is the other",
        ("G × the weights, put back where the rows are", "G · the rows"),
    ),
    "Attention": Rule(
        "attention",
        "weighs values by queries and keys:",
        "the weights W = softmax(scale × Q Kᵀ) depend on all queries and keys, and are made again",
        ("scale × S K, where S is W × (G Vᵀ − Σ W × G Vᵀ)", "scale × Sᵀ Q", "Wᵀ G", "S"),
    ),
    **dict.fromkeys(
        ("Convolution", "Conv1d", "Conv2d"),
        Rule(
            "convolution",
            "multiplies the weight with the windows of",
            "the weight's slope is x, and x's slope is the weight",
            (
                "G, sent back through the weight",
                "G times the x that it met, summed up",
                "G, summed over the batch and the places",
            ),
        ),
    ),
    "WeightOfConvolution": Rule(
        "slope of a weight",
        "multiplies the windows of one with the other:",
        "the slope along one is the other",
        ("the other, sent back through G", "the convolution of the other with G"),
    ),
    **dict.fromkeys(
        ("MaxPool", "MaxPool2d"),
        Rule(
            "max pool",
            "takes the largest of each window of",
            "only the largest counts, the first of equal ones",
            ("G where it was the largest, added up over the windows",),
        ),
    ),
    "Linked": _moved("linear map", "takes weighted sums of", "G, by the same weights"),
    "AvgPool2d": _moved("mean pool", "takes the mean of each window of", "G, shared out"),
    "Bent": _slope("bend", "bends back into the image", "1, −1 where it is turned, 0 outside"),
    "RNN": Rule(
        "rnn",
        "runs step by step over",
        "the walk goes back through all steps, by the states there",
        _recurrent("h"),
    ),
    "GRU": Rule(
        "gru",
        "runs step by step over",
        "the walk goes back through all steps, by the gates and states there",
        _recurrent("h"),
    ),
    "LSTM": Rule(
        "lstm",
        "runs step by step over",
        "the walk goes back through all steps, by the gates and cells there",
        (*_recurrent("h", "c"), "Σ Gᵀ h, of the projection"),
    ),
    # Losses.
    "CrossEntropy": Rule(
        "cross entropy",
        "compares with the labels",
        "the slope is softmax − one-hot",
        ("(softmax(x) − one-hot(y)) / N, times G",),
        "cross_entropy",
    ),
    "NegativeMean": Rule(
        "negative mean",
        "takes minus the mean of the chosen of",
        "only the chosen count",
        ("−G / N where it was chosen, else 0",),
    ),
    "BinaryCrossEntropy": Rule(
        "binary cross entropy",
        "compares probabilities with",
        "the slope is (p − y) / (p (1 − p))",
        ("G (p − y) / (p (1 − p))", "G × (log(1 − p) − log p)"),
    ),
    "BinaryCrossEntropyWithLogits": Rule(
        "binary cross entropy",
        "compares logits with",
        "the slope is sigmoid(x) − y",
        ("G (sigmoid(x) − y)", "−G x"),
    ),
    "Huber": Rule(
        "huber",
        "weighs errors by",
        "the slope is the error, held within δ",
        ("G × the error, held within −δ and δ",),
    ),
    "Entropy": Rule("y log y", "takes y log y of", "the slope is log y + 1", ("G (log y + 1)",)),
    "CTC": Rule(
        "ctc",
        "takes −log of the probability of the labels of",
        "the slope needs how likely each label is at each time",
        ("G (exp(x) − the probability that the label is there)",),
    ),
    "MultilabelHinges": Rule(
        "multilabel hinges",
        "adds up how far labels are short of 1 above other classes of",
        "each label short of it pulls its own number down and the other up",
        ("G × (how many labels are short of 1 above it − how many classes it is short of)",),
    ),
    # Places and shapes.
    "Reshape": _moved("reshape", "reshapes", "G, in the shape before"),
    "Transpose": _moved("transpose", "swaps the axes of", "G, its axes swapped back"),
    "Expand": _moved("repeat", "repeats", "G, summed over what was repeated"),
    "SumTo": _moved("sum to shape", "adds up to a shape", "G, repeated"),
    "Flip": _moved("flip", "turns round", "G, turned round"),
    "Roll": _moved("roll", "rolls", "G, rolled back"),
    "Cat": _moved("join", "joins", "its part of G"),
    "Stack": _moved("stack", "stacks", "its part of G"),
    "Pad": _moved("pad", "pads", "G without the border"),
    "Windows": _moved("unfold", "takes the windows of", "G, added up where the windows lie"),
    "Overlap": _moved("fold", "adds up windows of", "the windows of G"),
    "Unfold": _moved("unfold", "takes the windows of", "G, added up where the windows lie"),
    "Fold": _moved("fold", "adds up windows of", "the windows of G"),
    "Strided": _moved("as strided", "takes by strides from", "G, added up where it lies"),
    "Unstrided": _moved("put back", "puts back by strides", "the part of G by the same strides"),
    "Index": _moved("index", "takes a part of", "G at its places, 0 elsewhere"),
    "Found": _moved("chosen", "takes the found of", "G at its places, 0 elsewhere"),
    "Unindex": _moved("put back", "puts back", "the part of G that was put"),
    "Diagonal": _moved("diagonal", "takes the diagonal of", "G on the diagonal, 0 elsewhere"),
    "Undiagonal": _moved("on a diagonal", "puts on a diagonal", "the diagonal of G"),
    "Trace": _moved("trace", "adds up the diagonal of", "G on the diagonal, 0 elsewhere"),
    "Triangle": _moved("triangle", "keeps a triangle of", "the same triangle of G"),
    "AddAt": _moved("add at", "adds a part to", "G, and the part of it that was added to"),
    "ScatterExtreme": Rule(
        "scatter extreme",
        "takes the extremes of what comes to the places of",
        "the extremes share the gradient",
        ("G where it is the extreme", "G where it is the extreme"),
    ),
    "ScatterProduct": Rule(
        "scatter product",
        "multiplies what comes to the places of",
        "the slope along each is the product of the others",
        ("G × the others", "G × the others"),
    ),
    "Store": _moved("store", "stores a part in", "G but for the part, and that part"),
    "Overwrite": _moved("overwrite", "overwrites a part of", "G but for the part, and that part"),
    # Linear algebra.
    "Inverse": Rule("inverse", "inverts", "the result itself", ("−A⁻ᵀ G A⁻ᵀ",)),
    "PseudoInverse": Rule(
        "pseudoinverse",
        "takes the pseudoinverse P of",
        "A and P: the rank of A is taken to stay",
        ("−Pᵀ G Pᵀ + (I − A P) Gᵀ P Pᵀ + Pᵀ P Gᵀ (I − P A)",),
    ),
    "Solve": Rule("solve", "solves A X = B of", "A and X", ("−A⁻ᵀ G Xᵀ", "A⁻ᵀ G")),
    "SolveTriangular": Rule(
        "solve a triangle",
        "solves A X = B, with a triangle A, of",
        "A and X",
        ("the triangle of −A⁻ᵀ G Xᵀ", "A⁻ᵀ G", "nothing"),
    ),
    "Det": Rule(
        "determinant", "takes the determinant of", "A, for its cofactors", ("G × the cofactors",)
    ),
    "Cofactors": Rule(
        "cofactors",
        "takes the cofactors det A × A⁻ᵀ of",
        "it is walked once more",
        ("its own slope × G",),
    ),
    "LogDet": Rule("log |det|", "takes the logarithm of the |det| of", "A", ("G A⁻ᵀ", "nothing")),
    "Cholesky": Rule(
        "Cholesky",
        "takes the triangle L with L Lᵀ = A of",
        "the result itself",
        ("½ L⁻ᵀ S L⁻¹, where S is the lower triangle of Lᵀ G on both sides", "nothing"),
    ),
    "Decomposition": Rule(
        "decomposition", "takes apart", "all parts, which depend on each other", ("its slope × G",)
    ),
    "Eigh": Rule(
        "eigh",
        "takes eigenvalues or eigenvectors V of",
        "both, for each depends on the other",
        ("V S Vᵀ, where S is G of the values, or what of Vᵀ G turns the vectors",),
    ),
    "Svd": Rule(
        "svd",
        "takes a part of U S Vᵀ of",
        "all three, for each depends on the others",
        ("U G Vᵀ of the singular values; of vectors what of G turns them",),
    ),
    "QR": Rule(
        "qr",
        "takes a part of Q R of",
        "both, for each depends on the other",
        ("what of G turns Q, times R⁻ᵀ",),
    ),
    "LU": Rule(
        "lu",
        "takes the triangles L and U of",
        "both, in one matrix",
        ("L⁻ᵀ S U⁻ᵀ, where S is Lᵀ G below the diagonal and G Uᵀ above", "nothing"),
    ),
    # Draws.
    "StandardGamma": Rule(
        "gamma draw",
        "draws from the gamma distribution of",
        "the slope is that at which the share below a draw stays",
        ("G × that slope",),
    ),
    "StandardDirichlet": Rule(
        "dirichlet draw",
        "draws from the Dirichlet distribution of",
        "the slope is that at which the share below each draw stays",
        ("(G − Σ G × the draws) × those slopes",),
    ),
    "OnceDifferentiable": Rule(
        "slope of draws", "takes the slope of draws of", "it cannot be walked again", ("an error",)
    ),
    "Once": Rule("gradient", "takes as it is", "it cannot be walked again", ("an error",)),
    # Parts that are computed again.
    "CheckpointStart": Rule(
        "checkpoint",
        "begins a part, made of",
        "the part is computed again",
        ("nothing", "nothing", "what comes to it in the part, computed again"),
    ),
    "CheckpointEnd": Rule(
        "end of checkpoint",
        "ends a part, begun by",
        "the beginning takes G",
        ("G, with which the part is walked", "nothing"),
    ),
}
