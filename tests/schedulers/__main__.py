"""Writes docs/schedules.md from the table: `python -m tests.schedulers`."""

import inspect
from pathlib import Path

import mytorch
from mytorch.files.atomic import write
from tests.pages import codes
from tests.schedulers import ROWS, Row

PAGE = Path(__file__).parents[2] / "docs" / "schedules.md"

HEAD = """\
# Schedules

`mytorch.optim.lr_scheduler` changes the learning rate while a program trains. The classes are
PyTorch's: rates, momentums, options, states and refusals are compared with its over 200 steps, at
once, resumed and one inside of another.

A scheduler is made for an optimizer, whose groups each have a rate of their own, and is told when
to go on: by `scheduler.step()` after `optimizer.step()`, once for each batch or each epoch, as its
numbers are meant. It writes a Python number into `param_groups[i]["lr"]`, or into the array or
Tensor that is kept there.

## A worked example

The rate rises for four epochs, for the first steps of a fresh network are large, and then falls
along a cosine. `SequentialLR` runs two schedulers one after the other:

```python
>>> import mytorch
>>> from mytorch import Tensor, nn, optim
>>> from mytorch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
>>> _ = mytorch.manual_seed(0)
>>> x = Tensor.randn(100, 2)
>>> y = x.detach() @ Tensor([[2.0], [-1.0]])
>>> model = nn.Linear(2, 1)
>>> optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
>>> warm_up = LinearLR(optimizer, start_factor=0.25, total_iters=4)
>>> decay = CosineAnnealingLR(optimizer, T_max=12)
>>> scheduler = SequentialLR(optimizer, [warm_up, decay], milestones=[4])
>>> for epoch in range(16):
...     optimizer.zero_grad()
...     loss = nn.MSELoss()(model(x), y)
...     loss.backward()
...     optimizer.step()
...     rate = optimizer.lr
...     scheduler.step()
...     print(f"{epoch:2}  {rate:.4f}  {'#' * round(160 * rate)}")
 0  0.0500  ########
 1  0.0875  ##############
 2  0.1250  ####################
 3  0.1625  ##########################
 4  0.2000  ################################
 5  0.1966  ###############################
 6  0.1866  ##############################
 7  0.1707  ###########################
 8  0.1500  ########################
 9  0.1259  ####################
10  0.1000  ################
11  0.0741  ############
12  0.0500  ########
13  0.0293  #####
14  0.0134  ##
15  0.0034  #

```

To go on after an interruption, store the states of the model, the optimizer and the scheduler, and
load them into new ones that were made in the same way: first the scheduler is made, which sets a
rate, then the optimizer's state is loaded, which has the rate of then. States of PyTorch's
schedulers can be loaded, and PyTorch loads ours.

```python
>>> kept = optimizer.state_dict(), scheduler.state_dict()
>>> optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
>>> warm_up = LinearLR(optimizer, start_factor=0.25, total_iters=4)
>>> decay = CosineAnnealingLR(optimizer, T_max=12)
>>> scheduler = SequentialLR(optimizer, [warm_up, decay], milestones=[4])
>>> optimizer.load_state_dict(kept[0])
>>> scheduler.load_state_dict(kept[1])
>>> scheduler.last_epoch, optimizer.lr == scheduler.get_last_lr()[0]
(16, True)

```

## Good to know

- SGD's momentum follows: what it remembers is carried over to each new rate, so that the weights
  are PyTorch's, also from a rate of 0 ([details](layers.md#sgd-with-momentum)).
- A scheduler that steps before its optimizer is warned of. So that this can be known, the
  optimizer's first step is watched; the others are not.
- `ConstantLR(factor=0)` comes back from 0; PyTorch's stops with a ZeroDivisionError. Options that
  are refused leave the optimizer as it was; PyTorch's may have changed it by then.
- A rate that is set by hand stays until the next `step`. Those schedulers that multiply the rate of
  before (`LambdaLR`, the cycles and restarts do not) go on from it.

## Averages of the weights

`mytorch.optim.swa_utils` averages the weights that a training goes through, which often is better
than the last of them. `AveragedModel` keeps the mean, or one that forgets
(`multi_avg_fn=get_ema_multi_avg_fn(0.999)`); `SWALR` goes to a constant rate; `update_bn` computes
the running statistics for the averaged weights:

```python
>>> from mytorch.optim.swa_utils import SWALR, AveragedModel, update_bn
>>> model = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))
>>> optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
>>> averaged, scheduler = AveragedModel(model), SWALR(optimizer, swa_lr=0.05, anneal_epochs=5)
>>> for epoch in range(60):
...     optimizer.zero_grad()
...     nn.MSELoss()(model(x), y).backward()
...     optimizer.step()
...     scheduler.step()
...     if epoch >= 30:
...         averaged.update_parameters(model)
>>> update_bn([x], averaged)
>>> averaged.n_averaged, f"{nn.MSELoss()(averaged.eval()(x), y).item():.2f}"
(tensor(30), '0.00')

```

States are PyTorch's, both ways. `get_swa_multi_avg_fn` keeps all digits, where PyTorch's rounds
1 / (n + 1) to single precision.

## All schedulers

`S` stands for `lr_scheduler`, `o` for an optimizer of two groups, `decay` for an object that can be
called. This page is written by `python -m tests.schedulers` from the table that the tests run
through.
"""


def page() -> str:
    """The text of docs/schedules.md."""
    return "\n".join([HEAD, *map(_section, ROWS)])


def _section(row: Row) -> str:
    scheduler = row.scheduler(mytorch)
    said = " ".join(inspect.getdoc(scheduler).partition("\n\n")[0].split())
    options = [*inspect.signature(scheduler).parameters]
    lines = [f"### {row.name}", "", said, "", f"Options: {codes(options)}.", ""]
    return "\n".join([*lines, *(f"- `{form}`" for form in row.forms), ""])


if __name__ == "__main__":
    write(PAGE, page().encode())
