"""The table of schedulers: one row puts one under all the tests of tests/optim/test_schedulers.py.

A row gives calls of its constructor as expressions that PyTorch and MyTorch understand alike, and
what it refuses. `python -m tests.schedulers` writes the table of docs/schedules.md.
"""

from tests.schedulers.row import Case, Row, Side, evaluate

__all__ = ["CASES", "ROWS", "Case", "Row", "Side", "evaluate"]

ROWS = (
    Row(
        "LambdaLR",
        (
            "S.LambdaLR(o, lambda epoch: 0.95**epoch)",
            "S.LambdaLR(o, [lambda epoch: 1 / (1 + epoch), lambda epoch: epoch % 7 / 6])",
            "S.LambdaLR(o, decay)",
        ),
        refused=(
            "S.LambdaLR(o, 0.5)",
            "S.LambdaLR(o, [decay])",
            "S.LambdaLR(o, lr_lambda=[decay, decay, decay])",
            "S.LambdaLR(o, decay).load_state_dict({})",
        ),
    ),
    Row(
        "MultiplicativeLR",
        (
            "S.MultiplicativeLR(o, lambda epoch: 0.97)",
            "S.MultiplicativeLR(o, (lambda epoch: 0.9 + epoch % 3 * 0.1, decay))",
            "S.MultiplicativeLR(optimizer=o, lr_lambda=decay)",
        ),
        refused=(
            "S.MultiplicativeLR(o, 0.5)",
            "S.MultiplicativeLR(o, [decay])",
            "S.MultiplicativeLR(o, [decay, 0.5])",
        ),
    ),
    Row(
        "StepLR",
        (
            "S.StepLR(o, 3)",
            "S.StepLR(o, step_size=50, gamma=0.5)",
            "S.StepLR(o, 7, -0.9)",
        ),
        refused=("S.StepLR(3, 3)", "S.StepLR(o)"),
    ),
    Row(
        "MultiStepLR",
        (
            "S.MultiStepLR(o, [30, 80, 80, 120])",
            "S.MultiStepLR(o, milestones=iter((90, 3)), gamma=0.5)",
            "S.MultiStepLR(o, [0, 5], 0.0)",
        ),
        refused=("S.MultiStepLR(None, [3])", "S.MultiStepLR(o, 3)"),
    ),
    Row(
        "ConstantLR",
        (
            "S.ConstantLR(o)",
            "S.ConstantLR(o, factor=0.25, total_iters=10)",
            "S.ConstantLR(o, 1.0, 0)",
        ),
        refused=("S.ConstantLR(o, 1.5)", "S.ConstantLR(o, -0.5)", "S.ConstantLR(3)"),
    ),
    Row(
        "LinearLR",
        (
            "S.LinearLR(o)",
            "S.LinearLR(o, start_factor=0.1, end_factor=0.5, total_iters=100)",
            "S.LinearLR(o, 1.0, 0.0, 30)",
            "S.LinearLR(o, 0.001, 1.0, 190)",
        ),
        refused=(
            "S.LinearLR(o, 0)",
            "S.LinearLR(o, 1.5)",
            "S.LinearLR(o, -0.5)",
            "S.LinearLR(o, end_factor=-0.5)",
            "S.LinearLR(o, end_factor=1.5)",
        ),
    ),
    Row(
        "ExponentialLR",
        ("S.ExponentialLR(o, 0.9)", "S.ExponentialLR(o, gamma=1.01)"),
        refused=("S.ExponentialLR('o', 0.9)", "S.ExponentialLR(o)"),
    ),
    Row(
        "PolynomialLR",
        (
            "S.PolynomialLR(o)",
            "S.PolynomialLR(o, total_iters=150, power=2.0)",
            "S.PolynomialLR(o, 250, 0.5)",
        ),
        refused=("S.PolynomialLR(m)",),
    ),
    Row(
        "CosineAnnealingLR",
        (
            "S.CosineAnnealingLR(o, 200)",
            "S.CosineAnnealingLR(o, T_max=7, eta_min=0.01)",
            "S.CosineAnnealingLR(o, 25, 1.0)",
        ),
        refused=("S.CosineAnnealingLR(o)", "S.CosineAnnealingLR(m, 3)"),
    ),
    Row(
        "CosineAnnealingWarmRestarts",
        (
            "S.CosineAnnealingWarmRestarts(o, 10)",
            "S.CosineAnnealingWarmRestarts(o, T_0=5, T_mult=2, eta_min=0.01)",
            "S.CosineAnnealingWarmRestarts(o, 1, 3, 1)",
        ),
        refused=(
            "S.CosineAnnealingWarmRestarts(o, 0)",
            "S.CosineAnnealingWarmRestarts(o, 5.0)",
            "S.CosineAnnealingWarmRestarts(o, 5, 0)",
            "S.CosineAnnealingWarmRestarts(o, 5, 1.5)",
            "S.CosineAnnealingWarmRestarts(o, 5, eta_min='0')",
            "S.CosineAnnealingWarmRestarts(o, 5).step(-1)",
        ),
    ),
    Row(
        "CyclicLR",
        (
            "S.CyclicLR(o, 0.01, 0.1)",
            "S.CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=7)",
            "S.CyclicLR(o, [0.01, 0.0], [0.1, 1], step_size_up=5, step_size_down=11, "
            "mode='triangular2', base_momentum=[0.1, 0.2], max_momentum=0.5)",
            "S.CyclicLR(o, 0.01, 0.1, 10, mode='exp_range', gamma=0.99, cycle_momentum=False)",
            "S.CyclicLR(o, 0.01, 0.1, 10, scale_fn=lambda cycle: 1 / cycle)",
            "S.CyclicLR(o, 0.01, 0.1, 10, None, 'own', 1.0, decay, 'iterations')",
        ),
        refused=(
            "S.CyclicLR(o, 0.01, 0.1, mode='sawtooth')",
            "S.CyclicLR(o, [0.01], 0.1)",
            "S.CyclicLR(o, 0.01, [0.1])",
            "S.CyclicLR(o, 0.01, 0.1, base_momentum=[0.1])",
            "S.CyclicLR(o, 0.01, 0.1, max_momentum=[0.1])",
            "S.CyclicLR(optim.Adagrad([p]), 0.01, 0.1)",
            "S.CyclicLR(3, 0.01, 0.1)",
        ),
    ),
    Row(
        "OneCycleLR",
        (
            "S.OneCycleLR(o, 0.1, 200)",
            "S.OneCycleLR(o, max_lr=[0.1, 1.0], epochs=20, steps_per_epoch=10, pct_start=0.2, "
            "anneal_strategy='linear', base_momentum=[0.5, 0.6], max_momentum=0.9)",
            "S.OneCycleLR(o, 0.1, total_steps=250, three_phase=True, div_factor=10.0, "
            "final_div_factor=100.0)",
            "S.OneCycleLR(o, 0.1, total_steps=201, cycle_momentum=False, pct_start=0.0)",
        ),
        refused=(
            "S.OneCycleLR(o, 0.1)",
            "S.OneCycleLR(o, 0.1, 0)",
            "S.OneCycleLR(o, 0.1, 10.0)",
            "S.OneCycleLR(o, 0.1, epochs=3)",
            "S.OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=3)",
            "S.OneCycleLR(o, 0.1, epochs=3, steps_per_epoch=2.0)",
            "S.OneCycleLR(o, 0.1, 10, pct_start=1)",
            "S.OneCycleLR(o, 0.1, 10, pct_start=1.5)",
            "S.OneCycleLR(o, 0.1, 10, pct_start=-0.5)",
            "S.OneCycleLR(o, 0.1, 10, anneal_strategy='cosine')",
            "S.OneCycleLR(o, [0.1], 10)",
            "S.OneCycleLR(o, 0.1, 10, max_momentum=[0.1])",
            "S.OneCycleLR(o, 0.1, 10, base_momentum=[0.1])",
            "S.OneCycleLR(optim.Adagrad([p]), 0.1, 10)",
            "S.OneCycleLR(3, 0.1, 10)",
            "[s := S.OneCycleLR(o, 0.1, 2), o.step(), *(s.step() for _ in range(3))]",
        ),
    ),
    Row(
        "ReduceLROnPlateau",
        (
            "S.ReduceLROnPlateau(o)",
            "S.ReduceLROnPlateau(o, 'min', 0.5, 2, 0.1, 'rel', 3, 1e-3, 1e-4)",
            "S.ReduceLROnPlateau(o, mode='max', patience=0, threshold=0.01, threshold_mode='abs')",
            "S.ReduceLROnPlateau(o, 'max', factor=0.9, patience=1, min_lr=[0.1, 0.0])",
            "S.ReduceLROnPlateau(o, 'min', patience=3, threshold_mode='abs', cooldown=5, eps=0.01)",
        ),
        refused=(
            "S.ReduceLROnPlateau(o, factor=1.0)",
            "S.ReduceLROnPlateau(3)",
            "S.ReduceLROnPlateau(o, min_lr=[0.1])",
            "S.ReduceLROnPlateau(o, mode='low')",
            "S.ReduceLROnPlateau(o, threshold_mode='absolute')",
            "S.ReduceLROnPlateau(o).step()",
            "S.ReduceLROnPlateau(o).step('low')",
            "[s := S.ReduceLROnPlateau(o, patience=0, min_lr=[0.1, 0.1]), "
            "o.add_param_group({'params': [p]}), s.step(1.0), s.step(1.0)]",
        ),
    ),
    Row(
        "SequentialLR",
        (
            "S.SequentialLR(o, [S.LinearLR(o, 0.1, total_iters=10), S.CosineAnnealingLR(o, 190)], "
            "[10])",
            "S.SequentialLR(o, [S.ConstantLR(o), S.ExponentialLR(o, 0.9), S.StepLR(o, 5), "
            "S.MultiStepLR(o, [3, 9])], milestones=[20, 40, 90])",
            "S.SequentialLR(o, [S.CosineAnnealingWarmRestarts(o, 7), S.PolynomialLR(o, 30), "
            "S.LambdaLR(o, decay)], [0, 50])",
            "S.SequentialLR(o, [S.CyclicLR(o, 0.01, 0.1, 5), S.ExponentialLR(o, 0.9)], [30])",
            "S.SequentialLR(o, schedulers=[S.SequentialLR(o, [S.LinearLR(o), S.StepLR(o, 5)], [8]),"
            " S.ExponentialLR(o, 0.9)], milestones=[30])",
            "S.SequentialLR(o, [S.MultiplicativeLR(o, decay), S.OneCycleLR(o, 1.0, 300)], [9])",
        ),
        refused=(
            "S.SequentialLR(o, [], [])",
            "S.SequentialLR(o, [S.StepLR(o, 3)], [3])",
            "S.SequentialLR(o, [S.StepLR(o, 3), S.StepLR(o, 3)], [])",
            "S.SequentialLR(o, [S.StepLR(optim.SGD([p], lr=0.1), 3)], [])",
            "S.SequentialLR(o, [S.ReduceLROnPlateau(o)], [])",
            "S.SequentialLR(o, [3], [])",
            "S.SequentialLR(o, [S.StepLR(o, 3)], []).load_state_dict({})",
        ),
    ),
    Row(
        "ChainedScheduler",
        (
            "S.ChainedScheduler([S.ConstantLR(o, 0.1, 20), S.ExponentialLR(o, 0.99)])",
            "S.ChainedScheduler([S.CosineAnnealingLR(o, 50), S.StepLR(o, 20, 0.5), "
            "S.LinearLR(o, 0.5, total_iters=9)], optimizer=o)",
            "S.ChainedScheduler([S.MultiplicativeLR(o, lambda e: 0.99), S.PolynomialLR(o, 120), "
            "S.MultiStepLR(o, [9, 99])], o)",
            "S.ChainedScheduler([S.SequentialLR(o, [S.LinearLR(o), S.StepLR(o, 50)], [30]), "
            "S.ExponentialLR(o, 0.99)])",
            "S.ChainedScheduler([S.ExponentialLR(o, 0.99), optim.swa_utils.SWALR(o, 0.05, 99)])",
        ),
        refused=(
            "S.ChainedScheduler([])",
            "S.ChainedScheduler([S.ReduceLROnPlateau(o)])",
            "S.ChainedScheduler([3], o)",
            "S.ChainedScheduler([S.StepLR(o, 3), S.StepLR(optim.SGD([p], lr=0.1), 3)])",
            "S.ChainedScheduler([S.StepLR(o, 3)], optim.SGD([p], lr=0.1))",
            "S.ChainedScheduler([S.StepLR(o, 3)]).step(3)",
        ),
    ),
    Row(
        "SWALR",
        (
            "optim.swa_utils.SWALR(o, 0.05)",
            "optim.swa_utils.SWALR(o, swa_lr=[0.05, 0.0], anneal_epochs=150, "
            "anneal_strategy='linear')",
            "optim.swa_utils.SWALR(o, 0.05, 0)",
        ),
        refused=(
            "optim.swa_utils.SWALR(o, [0.05])",
            "optim.swa_utils.SWALR(o, 0.05, anneal_strategy='cosine')",
            "optim.swa_utils.SWALR(o, 0.05, anneal_epochs=-1)",
            "optim.swa_utils.SWALR(o, 0.05, anneal_epochs=3.0)",
        ),
        home="swa_utils",
    ),
)
CASES = [case for row in ROWS for case in row.cases()]
