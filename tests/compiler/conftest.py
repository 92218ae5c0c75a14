import pytest

from mytorch.compiler import program, recording
from tests.compiler.trainings import Runs


@pytest.fixture
def recordings(monkeypatch) -> Runs:
    """Grows by one with each run that is recorded, and counts replays."""
    found = Runs()
    run, bound = recording.Recording.run, program.Program._bound

    def counted(self):
        found.append(1)
        return run(self)

    def counting(self):
        replay = bound(self)

        def counted_replay(*args):
            result = replay(*args)
            found.replays += result is not program.MISS
            return result

        return counted_replay

    monkeypatch.setattr(recording.Recording, "run", counted)
    monkeypatch.setattr(program.Program, "_bound", counting)
    return found
