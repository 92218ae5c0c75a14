"""A character LSTM reads names and makes up others.

Run it by `python examples/names_lstm.py`; it takes some seconds. Its names were made up for it.
They have many lengths, so they are packed: no step is spent on padding.
"""

from __future__ import annotations

import numpy as np

import mytorch
from mytorch import Tensor, nn, optim
from mytorch.nn.utils.rnn import pack_sequence

TEXT = """
adara aldin alina alora amira anera anila arden ariela arlen avelin belara belin belora brena brenil
calia calora cerin cora dalen dalia darin delia delora doran edera elara elden eliora elora emeril
enora erin farin felia feran galen galora garin halia haren helora ilara ilden imera iora jalen jora
kalia karen kelora kerin lalia laren leora liora lorin malia malora maren melora merin mira morin
nalia naren nelora nerin nora odara olen orin palia paren pelora perin ralia relora rorin salia
saren selora serin solen talia taren telora terin tora valia varen velora verin vora walen yalia
yoren zalia zaren zelora zorin
"""
NAMES = TEXT.split()

# The end of a name; what comes before its first letter, too.
END = 0
LETTERS = "." + "".join(sorted({letter for name in NAMES for letter in name}))


class Writer(nn.Module):
    """From the letters so far to scores of the next one."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(LETTERS), 16)
        self.lstm = nn.LSTM(16, width)
        self.linear = nn.Linear(width, len(LETTERS))

    def loss(self, names: list[str]) -> Tensor:
        """The mean cross entropy of all letters, and of the ends."""
        codes = [mytorch.tensor([END, *map(LETTERS.index, name), END]) for name in names]
        before = pack_sequence([code[:-1] for code in codes], enforce_sorted=False)
        after = pack_sequence([code[1:] for code in codes], enforce_sorted=False)
        # The packed letters in place of which their vectors are.
        out, _ = self.lstm(before._replace(data=self.embedding(before.data)))
        return nn.functional.cross_entropy(self.linear(out.data), after.data)

    def name(self, draw: np.random.Generator, most: int = 12) -> str:
        """A name, letter by letter: each is drawn as probable as the model holds it."""
        letter, states, text = END, None, ""
        while len(text) < most:
            vector = self.embedding(mytorch.tensor([letter]))
            out, states = self.lstm(vector, states)
            chances = self.linear(out[0]).detach().softmax(-1).numpy()
            letter = int(draw.choice(len(LETTERS), p=chances))
            if letter == END:
                break
            text += LETTERS[letter]
        return text


def train(steps: int, width: int = 64, seed: int = 0) -> tuple[Writer, list[float]]:
    """A writer that has learned the names, and the losses on the way."""
    mytorch.manual_seed(seed)
    model = Writer(width)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    draw, losses = np.random.default_rng(seed), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model.loss(draw.choice(NAMES, 32).tolist())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return model, losses


def main(steps: int = 150, count: int = 12) -> list[str]:
    """Trains, prints and returns names that the model makes up."""
    model, losses = train(steps)
    for step in range(0, steps, max(1, steps // 5)):
        print(f"step {step:4}: loss {losses[step]:.2f}")
    print(f"at the end: loss {losses[-1]:.2f}")
    draw = np.random.default_rng(0)
    names = [model.name(draw) for _ in range(count)]
    print(*(f"{name}{'' if name in NAMES else ' (new)'}" for name in names), sep=", ")
    return names


if __name__ == "__main__":
    main()
