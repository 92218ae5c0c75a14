"""What is done beside the layers: clipping gradients, and sequences of many lengths (`rnn`)."""

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.nn.utils import rnn as rnn
from mytorch.nn.utils.clip_grad import clip_grad_norm_, clip_grad_value_

__all__ = ["clip_grad_norm_", "clip_grad_value_"]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)
