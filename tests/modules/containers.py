"""Modules that hold modules."""

from tests.modules.row import Layer

ROWS: list[Layer] = [
    Layer(
        "Module",
        ("nn.Module()",),
        (),
        refused=("nn.Module()(x)", "nn.Module(1)", "nn.Module(name=1)"),
        note="The course's names too: `is_train` (`training`), `_submodules` (`_modules`), "
        "`is_parameter`, `add_parameter`. A state that does not fit is refused whole.",
    ),
    Layer(
        "Sequential",
        (
            "nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Sequential(nn.ReLU(True)))",
            "nn.Sequential(__import__('collections').OrderedDict(a=nn.Linear(3, 3), b=nn.ReLU()))",
            "nn.Sequential()",
        ),
        refused=("nn.Sequential(3)", "nn.Sequential([nn.ReLU()])", "nn.Sequential(a=nn.ReLU())"),
        note="Any mapping of names to layers may be given, not an OrderedDict alone.",
    ),
    Layer(
        "ModuleList",
        (
            "nn.ModuleList([nn.Linear(3, 2), nn.ReLU()])",
            "nn.ModuleList(modules=[nn.Linear(3, 2), nn.BatchNorm1d(2)])",
        ),
        ("m[1](m[0](x))",),
        rounding=16,  # the gradient of a bias before batch norm is 0
        refused=("nn.ModuleList([3])", "nn.ModuleList(3)", "nn.ModuleList()(x)"),
        note="`insert` takes numbers below 0, and refuses those that are out of range.",
    ),
    Layer(
        "ModuleDict",
        (
            "nn.ModuleDict({'a': nn.Linear(3, 2), 'b': nn.ReLU()})",
            "nn.ModuleDict(modules=[('a', nn.Linear(3, 2)), ('b', nn.BatchNorm1d(2))])",
        ),
        ("m['b'](m.a(x))",),
        rounding=16,
        refused=("nn.ModuleDict({'a': 3})", "nn.ModuleDict(3)", "nn.ModuleDict()(x)"),
    ),
    Layer(
        "DataParallel",
        (
            "nn.DataParallel(nn.Linear(3, 2))",
            "nn.DataParallel(nn.BatchNorm1d(3), device_ids=None, output_device=None, dim=0)",
            "nn.DataParallel(nn.Sequential(nn.Linear(3, 2), nn.ReLU()), [0], 0, 1)",
        ),
        ("m(x)", "m(input=x)", "m.module(x) + m(x)"),
        refused=("nn.DataParallel()", "nn.DataParallel(nn.Linear(3, 2))(x, x, x)"),
        note="There is one device: the module is called as it is, as in PyTorch without a GPU.",
    ),
    Layer(
        "ParameterList",
        (
            "nn.ParameterList([T.ones(2, 3), nn.Parameter(T.zeros(())), 3, nn.Linear(3, 2)])",
            "nn.ParameterList(values=[T.ones(3)])",
        ),
        ("x * m[0].sum()",),
        refused=(
            "nn.ParameterList(3)",
            "nn.ParameterList(x)",
            "nn.ParameterList()(x)",
            "nn.ParameterList()[0]",
            "nn.ParameterList([x]).__setitem__(0, 3)",
            "nn.ParameterList([x]).__setitem__(1, x)",
            "nn.ParameterList([x]) + [x]",
        ),
    ),
    Layer(
        "ParameterDict",
        (
            "nn.ParameterDict({'b': T.ones(2, 3), 'a': nn.Parameter(T.zeros(())), 'c': 3})",
            "nn.ParameterDict(parameters=[('b', T.ones(3)), ('a', T.ones(1)), ('d', nn.ReLU())])",
        ),
        ("x * m['b'].sum()",),
        refused=(
            "nn.ParameterDict(3)",
            "nn.ParameterDict([3])",
            "nn.ParameterDict([('a',)])",
            "nn.ParameterDict([(1, x)])",
            "nn.ParameterDict()(x)",
        ),
    ),
]
