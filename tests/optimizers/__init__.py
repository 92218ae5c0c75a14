"""The table of optimizers: one row puts one under all the tests of tests/optim/test_table.py.

A row gives the calls of its constructor as expressions that PyTorch and MyTorch understand alike.
`python -m tests.optimizers` writes docs/optimizers.md from the table.
"""

from tests.optimizers.row import MATRICES, Case, Row, Side, evaluate

__all__ = ["CASES", "ROWS", "Case", "Row", "Side", "evaluate"]

# What each optimizer's constructor refuses; {} stands for its name.
OF_ALL = (
    "optim.{}([])",
    "optim.{}(p)",
    "optim.{}(m)",
    "optim.{}(m.parameters)",
    "optim.{}(dict(m.named_parameters()))",
    "optim.{}({{'params': [p]}})",
    "optim.{}([{{'params': {{p}}}}])",
    "optim.{}([{{'lr': 0.1}}])",
    "optim.{}([p, {{'params': [p]}}])",
    "optim.{}([{{'params': [p]}}, p])",
    "optim.{}([{{'params': [p]}}, {{'params': [p]}}])",
    "optim.{}([('w', p), T.ones(1)])",
    "optim.{}([p * 2])",
    "optim.{}([1.0])",
    "optim.{}(['w'])",
    "optim.{}([[p]])",
    "optim.{}(None)",
    "optim.{}(3)",
    "optim.{}([p], lr=-0.1)",
    "optim.{}([p], lr='0.1')",
    "optim.{}([p], lr=None)",
    "optim.{}([p], lr=T.tensor([0.1, 0.2]))",
    "optim.{}([p], weight_decay=-1)",
    "optim.{}([p], foreach=True, fused=True)",
    "optim.{}([p]).add_param_group([p])",
    "optim.{}([p]).add_param_group({{'params': [p]}})",
    "optim.{}([('w', p)]).add_param_group({{'params': [T.ones(1)]}})",
    "optim.{}([p]).load_state_dict({{}})",
    "optim.{}([p]).load_state_dict({{'state': {{}}, 'param_groups': []}})",
    "optim.{}([p]).load_state_dict({{'state': {{}}, 'param_groups': [{{'params': [0, 1]}}]}})",
)
OURS_OF_ALL = (
    "optim.{}({{p}})",
    "optim.{}([p, p])",
    "optim.{}([p], lr=float('nan'))",
    "optim.{}([p], lr=True)",
    "optim.{}([p], differentiable=True)",
)
OF_ADAM = (
    "optim.{}([p], betas=(1.0, 0.9))",
    "optim.{}([p], betas=(0.9, -0.1))",
    "optim.{}([p], betas='ab')",
    "optim.{}([p], betas=0.9)",
    "optim.{}([p], eps=-1e-8)",
    "optim.{}([p], eps='1e-8')",
)
OF_BOTH_ADAMS = (
    *OF_ADAM,
    "optim.{}([p], lr=T.tensor(0.1), foreach=True)",
    "optim.{}([p], betas=(0.9, T.tensor(0.99)))",
    "optim.{}([p], betas=(T.tensor(0.9), 0.99))",
    "optim.{}([p], betas=(T.tensor(0.9), T.tensor(0.99)), foreach=True)",
)
OURS_OF_ADAM = (
    "optim.{}([p], betas=(0.9,))",
    "optim.{}([p], betas=(0.9, 0.9, 0.9))",
    "optim.{}([p], betas=(0.9, float('nan')))",
    "optim.{}([p], capturable=True)",
)


def _of(name: str, *forms: str) -> tuple[str, ...]:
    return tuple(form.format(name) for form in forms)


def _adam(name: str) -> tuple[str, ...]:
    return _of(
        name,
        "optim.{}(params)",
        "optim.{}(params, 0.1, (0.5, 0.9), 1e-3, 0.0)",
        "optim.{}(params, lr=0.1, betas=(0.0, 0.0))",
        "optim.{}(params, lr=0.05, weight_decay=0.3)",
        "optim.{}(params, lr=0.1, amsgrad=True)",
        "optim.{}(params, lr=0.1, maximize=True, weight_decay=0.1, amsgrad=True)",
        "optim.{}([{{'params': params[:2]}}, {{'params': params[2:], 'lr': 0.2, "
        "'betas': (0.5, 0.5), 'weight_decay': 0.2, 'amsgrad': True}}], lr=0.1)",
        "optim.{}(params, lr=0.1, foreach=True)",
        "optim.{}(params, lr=0.1, fused=True)",
    )


# Of the optimizers that have no `fused`.
NOT_FUSED = tuple(form for form in OF_ALL if "fused" not in form)
# Of those that decay no weights either.
NOT_DECAYED = tuple(form for form in NOT_FUSED if "weight_decay" not in form)


ROWS = (
    Row(
        "SGD",
        (
            "optim.SGD(params)",
            "optim.SGD(params, 0.1, 0.9, 0.3, 0.1)",
            "optim.SGD(params, lr=0.1, momentum=0.9)",
            "optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True)",
            "optim.SGD(params, 0.1, 0.9, 0, 0.1, True, maximize=True)",
            "optim.SGD(params, lr=0.1, weight_decay=0.1, dampening=0.5)",
            "optim.SGD(params, lr=0.1, momentum=0.9, dampening=1.5)",
            "optim.SGD(params, lr=0.0, momentum=0.9)",
            "optim.SGD([{'params': params[:2]}, {'params': params[2:], 'lr': 0.2, 'momentum': 0.5, "
            "'weight_decay': 0.2, 'maximize': True}], lr=0.1, momentum=0.9)",
            "optim.SGD([{'params': params[0]}, {'params': params[1:], 'momentum': 0.0}], 0.1, 0.9)",
            "optim.SGD([{'params': params[:2], 'momentum': 0.0}, {'params': params[2:], "
            "'dampening': 0.3}], 0.1, 0.9, nesterov=True)",
            "optim.SGD(params, lr=0.1, momentum=0.9, foreach=True)",
            "optim.SGD(params, lr=0.1, momentum=0.9, fused=False)",
        ),
        refused=(
            *_of("SGD", *OF_ALL),
            "optim.SGD([p], momentum=-0.1)",
            "optim.SGD([p], momentum='0.9')",
            "optim.SGD([p], nesterov=True)",
            "optim.SGD([p], momentum=0.9, dampening=0.1, nesterov=True)",
        ),
        ours=(*_of("SGD", *OURS_OF_ALL), "optim.SGD([p], dampening='0')"),
        note="`momentums` is the write-up's change of each parameter, with the rate in it; what is "
        'remembered is carried over when lr changes. The state has it too, as "change".',
    ),
    Row(
        "Adam",
        (
            *_adam("Adam"),
            "optim.Adam(params, lr=0.1, weight_decay=0.1, decoupled_weight_decay=True)",
        ),
        refused=_of("Adam", *OF_ALL, *OF_BOTH_ADAMS),
        ours=_of("Adam", *OURS_OF_ALL, *OURS_OF_ADAM),
    ),
    Row(
        "AdamW",
        _adam("AdamW"),
        refused=_of("AdamW", *OF_ALL, *OF_BOTH_ADAMS),
        ours=_of("AdamW", *OURS_OF_ALL, *OURS_OF_ADAM),
        note="As Adam.",
    ),
    Row(
        "RMSprop",
        _of(
            "RMSprop",
            "optim.{}(params)",
            "optim.{}(params, 0.1, 0.9, 1e-3, 0.1, 0.5, True)",
            "optim.{}(params, lr=0.1, alpha=0.0, maximize=True)",
            "optim.{}(params, lr=0.1, weight_decay=0.1)",
            "optim.{}(params, lr=0.1, momentum=0.9, maximize=True, weight_decay=0.1)",
            "optim.{}(params, lr=0.1, centered=True, eps=1e-2)",
            "optim.{}([{{'params': params[:2]}}, {{'params': params[2:], 'lr': 0.2, 'alpha': 0.5, "
            "'momentum': 0.5, 'weight_decay': 0.2, 'centered': True}}], lr=0.1, eps=1e-2)",
            "optim.{}(params, lr=0.1, foreach=True)",
        ),
        refused=_of(
            "RMSprop",
            *NOT_FUSED,
            "optim.{}([p], alpha=-0.1)",
            "optim.{}([p], alpha='0.9')",
            "optim.{}([p], eps=-1e-8)",
            "optim.{}([p], momentum=-0.1)",
        ),
        ours=_of("RMSprop", *OURS_OF_ALL, "optim.{}([p], capturable=True)"),
    ),
    Row(
        "Adagrad",
        _of(
            "Adagrad",
            "optim.{}(params)",
            "optim.{}(params, 0.1, 0.2, 0.1, 0.3, 1e-3)",
            "optim.{}(params, lr=0.1, initial_accumulator_value=1.0, maximize=True)",
            "optim.{}(params, lr=0.1, lr_decay=0.5, weight_decay=0.1, maximize=True)",
            "optim.{}([{{'params': params[:2]}}, {{'params': params[2:], 'lr': 0.2, "
            "'lr_decay': 0.5, 'weight_decay': 0.2, 'eps': 1e-3}}], lr=0.1)",
            "optim.{}(params, lr=0.1, foreach=True)",
            "optim.{}(params, lr=0.1, fused=True)",
        ),
        refused=_of(
            "Adagrad",
            *OF_ALL,
            "optim.{}([p], lr_decay=-0.1)",
            "optim.{}([p], initial_accumulator_value=-0.1)",
            "optim.{}([p], initial_accumulator_value='1')",
            "optim.{}([p], eps=-1e-8)",
        ),
        ours=_of("Adagrad", *OURS_OF_ALL),
        note="An `initial_accumulator_value` of a group is used; PyTorch takes the constructor's "
        "for all.",
    ),
    Row(
        "Adadelta",
        _of(
            "Adadelta",
            "optim.{}(params)",
            "optim.{}(params, 0.1, 0.5, 1e-3, 0.1)",
            "optim.{}(params, lr=0.1, rho=1.0, maximize=True)",
            "optim.{}(params, lr=0.1, rho=0.0, weight_decay=0.1, maximize=True)",
            "optim.{}([{{'params': params[:2]}}, {{'params': params[2:], 'lr': 0.2, 'rho': 0.5, "
            "'weight_decay': 0.2, 'eps': 1e-3}}], lr=0.1)",
            "optim.{}(params, lr=0.1, foreach=True)",
        ),
        refused=_of(
            "Adadelta",
            *NOT_FUSED,
            "optim.{}([p], rho=1.1)",
            "optim.{}([p], rho=-0.1)",
            "optim.{}([p], rho='0.9')",
            "optim.{}([p], eps=-1e-8)",
        ),
        ours=_of("Adadelta", *OURS_OF_ALL, "optim.{}([p], capturable=True)"),
    ),
    Row(
        "Adamax",
        _of(
            "Adamax",
            "optim.{}(params)",
            "optim.{}(params, 0.1, (0.5, 0.9), 1e-3, 0.1)",
            "optim.{}(params, lr=0.1, betas=(0.0, 0.0), maximize=True)",
            "optim.{}(params, lr=0.1, weight_decay=0.1, maximize=True)",
            "optim.{}([{{'params': params[:2]}}, {{'params': params[2:], 'lr': 0.2, "
            "'betas': (0.5, 0.5), 'weight_decay': 0.2, 'eps': 1e-3}}], lr=0.1)",
            "optim.{}(params, lr=0.1, foreach=True)",
        ),
        refused=_of("Adamax", *NOT_FUSED, *OF_ADAM),
        ours=_of("Adamax", *OURS_OF_ALL, *OURS_OF_ADAM),
    ),
    Row(
        "NAdam",
        _of(
            "NAdam",
            "optim.{}(params)",
            "optim.{}(params, 0.1, (0.5, 0.9), 1e-3, 0.1, 0.2, True)",
            "optim.{}(params, lr=0.1, betas=(0.0, 0.0), maximize=True)",
            "optim.{}(params, lr=0.1, weight_decay=0.1, momentum_decay=0.0, maximize=True)",
            "optim.{}([{{'params': params[:2]}}, {{'params': params[2:], 'lr': 0.2, "
            "'betas': (0.5, 0.5), 'weight_decay': 0.2, 'decoupled_weight_decay': True}}], "
            "lr=0.1)",
            "optim.{}(params, lr=0.1, foreach=True)",
        ),
        refused=_of(
            "NAdam",
            *NOT_FUSED,
            *OF_ADAM,
            "optim.{}([p], momentum_decay=-0.2)",
            "optim.{}([p], momentum_decay='0.2')",
        ),
        ours=_of("NAdam", *OURS_OF_ALL, *OURS_OF_ADAM),
    ),
    Row(
        "RAdam",
        _of(
            "RAdam",
            "optim.{}(params)",
            "optim.{}(params, 0.1, (0.5, 0.9), 1e-3, 0.1, True)",
            "optim.{}(params, lr=0.1, betas=(0.0, 0.0), maximize=True)",
            "optim.{}(params, lr=0.1, betas=(0.9, 0.6))",
            "optim.{}(params, lr=0.1, weight_decay=0.1, maximize=True)",
            "optim.{}([{{'params': params[:2]}}, {{'params': params[2:], 'lr': 0.2, "
            "'betas': (0.5, 0.5), 'weight_decay': 0.2, 'decoupled_weight_decay': True}}], "
            "lr=0.1)",
            "optim.{}(params, lr=0.1, foreach=True)",
        ),
        refused=_of("RAdam", *NOT_FUSED, *OF_ADAM),
        ours=_of("RAdam", *OURS_OF_ALL, *OURS_OF_ADAM),
    ),
    Row(
        "Rprop",
        _of(
            "Rprop",
            "optim.{}(params)",
            "optim.{}(params, 0.1, (0.3, 1.5), (0.01, 0.5))",
            "optim.{}(params, lr=0.1, etas=(0.9, 1.1), maximize=True)",
            "optim.{}(params, lr=0.1, step_sizes=(0.2, 0.05))",
            "optim.{}([{{'params': params[:2]}}, {{'params': params[2:], 'lr': 0.2, "
            "'etas': (0.1, 3.0), 'step_sizes': (0.1, 1.0)}}], lr=0.1)",
            "optim.{}(params, lr=0.1, foreach=True)",
        ),
        refused=_of(
            "Rprop",
            *NOT_DECAYED,
            "optim.{}([p], etas=(1.0, 0.5))",
            "optim.{}([p], etas=(0.0, 1.2))",
            "optim.{}([p], etas='ab')",
            "optim.{}([p], etas=0.5)",
        ),
        ours=_of(
            "Rprop",
            *OURS_OF_ALL,
            "optim.{}([p], capturable=True)",
            "optim.{}([p], etas=(0.5, 1.2, 1.3))",
            "optim.{}([p], step_sizes=('a', 'b'))",
            "optim.{}([p], step_sizes=0.5)",
        ),
    ),
    Row(
        "ASGD",
        _of(
            "ASGD",
            "optim.{}(params)",
            "optim.{}(params, 0.1, 0.2, 0.5, 3, 0.1)",
            "optim.{}(params, lr=0.1, lambd=0.0, t0=0, maximize=True)",
            "optim.{}(params, lr=0.1, alpha=0.0, weight_decay=0.1, maximize=True)",
            "optim.{}([{{'params': params[:2]}}, {{'params': params[2:], 'lr': 0.2, "
            "'lambd': 0.01, 'alpha': 2.0, 't0': 5.0, 'weight_decay': 0.2}}], lr=0.1)",
            "optim.{}(params, lr=0.1, foreach=True)",
        ),
        refused=_of("ASGD", *NOT_FUSED),
        ours=_of(
            "ASGD",
            *OURS_OF_ALL,
            "optim.{}([p], capturable=True)",
            "optim.{}([p], lambd='0.1')",
            "optim.{}([p], alpha='0.1')",
            "optim.{}([p], t0='1')",
        ),
        note='"eta" and "mu" are counted: where the default dtype is float32, PyTorch\'s weights '
        "have seven digits of them.",
    ),
    Row(
        "LBFGS",
        _of(
            "LBFGS",
            "optim.{}(params)",
            "optim.{}(params, 0.1, 5, 4, 1e-3, 1e-4, 3, 'strong_wolfe')",
            "optim.{}(params, lr=0.5, max_iter=6, tolerance_grad=1e-2)",
            "optim.{}(params, max_iter=7, history_size=2, line_search_fn='strong_wolfe')",
            "optim.{}(params, max_eval=3, line_search_fn='strong_wolfe')",
            "optim.{}([{{'params': params, 'lr': 0.3, 'tolerance_change': 1e-2}}])",
        ),
        refused=_of(
            "LBFGS",
            *NOT_DECAYED,
            "optim.{}([{{'params': [p]}}, {{'params': [T.ones(1)]}}])",
            "optim.{}([p]).step()",
        ),
        ours=_of(
            "LBFGS",
            *(form for form in OURS_OF_ALL if "differentiable" not in form),
            "optim.{}([p], history_size=0)",
            "optim.{}([p], line_search_fn='wolfe')",
            "optim.{}([p], max_iter='1')",
            "optim.{}([p], max_eval='1')",
            "optim.{}([p], tolerance_grad='1')",
        ),
        closure=True,
        note="Equal to 1e-10 over 100 steps of a convex loss; of another, or of batches that "
        "change, rounding grows to any difference, as between two builds of PyTorch. A rate in a "
        "Tensor that is filled anew is, in PyTorch's memory, that of the last step, too.",
    ),
    Row(
        "Muon",
        _of(
            "Muon",
            "optim.{}(params)",
            "optim.{}(params, 0.1, 0.2, 0.5, False, (3.4, -4.7, 2.0), 0.5, 6, 'original')",
            "optim.{}(params, lr=0.1, adjust_lr_fn='match_rms_adamw', weight_decay=0.0)",
            "optim.{}([{{'params': params[:2]}}, {{'params': params[2:], 'lr': 0.2, "
            "'momentum': 0.3, 'ns_steps': 0, 'weight_decay': 0.2, 'eps': 1.0}}], lr=0.1)",
            "optim.{}(params, lr=0.1, momentum=0.0, nesterov=False)",
        ),
        refused=_of(
            "Muon",
            *NOT_FUSED,
            "optim.{}([T.ones(2, 3, 4)])",
            "optim.{}([p], momentum=-0.1)",
            "optim.{}([p], adjust_lr_fn='arbitrary')",
        ),
        ours=_of(
            "Muon",
            *(form for form in OURS_OF_ALL if "differentiable" not in form),
            "optim.{}([p], ns_coefficients=(1.0, 2.0))",
            "optim.{}([p], ns_coefficients='abc')",
            "optim.{}([p], ns_steps=100)",
            "optim.{}([p], eps='1')",
        ),
        shapes=MATRICES,
        note="Long sums of its products are added in another order than PyTorch's, so that a "
        "number of an update, which has the eight digits of bfloat16, of two, may be the next one.",
    ),
)
CASES = [case for row in ROWS for case in row.cases()]
