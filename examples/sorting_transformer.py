"""A small transformer that learns to sort digits.

It reads digits, a colon, and the digits in order so far, and says which comes next:
`python examples/sorting_transformer.py` trains it for some seconds and sorts a few lists.
"""

from __future__ import annotations

import argparse

import mytorch
from mytorch import Tensor, nn, optim

DIGITS = 10
COLON = DIGITS


class Sorter(nn.Module):
    """The scores of each next token, for texts (N, L) of digits, a colon and digits."""

    def __init__(self, length: int, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.tokens = nn.Embedding(DIGITS + 1, width)
        self.places = nn.Embedding(2 * length, width)
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, 2, nn.LayerNorm(width))
        self.scores = nn.Linear(width, DIGITS)

    def forward(self, x: Tensor) -> Tensor:
        places = mytorch.arange(x.shape[1])
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        x = self.layers(self.tokens(x) + self.places(places), mask, is_causal=True)
        return self.scores(x)


def batch(count: int, length: int) -> tuple[Tensor, Tensor]:
    """Texts as the model reads them, and the digits in order."""
    digits = mytorch.randint(0, DIGITS, (count, length))
    ordered = digits.sort(1)[0]
    colon = mytorch.full((count, 1), COLON, dtype=mytorch.int64)
    return mytorch.cat([digits, colon, ordered[:, :-1]], 1), ordered


def train(length: int, steps: int, count: int = 64) -> Sorter:
    """A sorter of lists of this length."""
    model = Sorter(length)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    criterion = nn.CrossEntropyLoss()

    @mytorch.compile
    def step(texts: Tensor, ordered: Tensor) -> Tensor:
        optimizer.zero_grad()
        scores = model(texts)[:, length:]
        loss = criterion(scores.flatten(0, 1), ordered.flatten())
        loss.backward()
        optimizer.step()
        return loss

    for number in range(steps):
        loss = step(*batch(count, length))
        if number % 100 == 99:
            print(f"step {number + 1}: loss {loss.item():.3f}")
    return model.eval()


def sort(model: Sorter, digits: Tensor) -> Tensor:
    """The lists (N, L) sorted by the model, which is asked for one digit after the other."""
    colon = mytorch.full((len(digits), 1), COLON, dtype=mytorch.int64)
    texts = mytorch.cat([digits, colon], 1)
    with mytorch.no_grad():
        for _ in range(digits.shape[1]):
            best = model(texts)[:, -1].argmax(-1, keepdim=True)
            texts = mytorch.cat([texts, best], 1)
    return texts[:, digits.shape[1] + 1 :]


def main() -> None:
    """Trains, sorts lists that it has not seen, and tells how many came out right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--length", type=int, default=6, help="digits in a list")
    parser.add_argument("--steps", type=int, default=300, help="steps of training")
    options = parser.parse_args()
    mytorch.manual_seed(0)
    mytorch.set_default_dtype(mytorch.float32)
    model = train(options.length, options.steps)
    digits = mytorch.randint(0, DIGITS, (200, options.length))
    found = sort(model, digits)
    right = (found == digits.sort(1)[0]).all(1).to(mytorch.float32).mean()
    for before, after in zip(digits[:3].tolist(), found[:3].tolist(), strict=True):
        print(before, "->", after)
    print(f"sorted right: {right.item():.0%}")


if __name__ == "__main__":
    main()
