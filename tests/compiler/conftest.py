import pytest

from mytorch.compiler import program, recording, trial
from tests.compiler.trainings import Runs


@pytest.fixture
def recordings(monkeypatch) -> Runs:
    """Grows by one with each run that is recorded, or is one beside a first replay, and counts
    other replays."""
    found = Runs()
    run, bound = recording.Recording.run, program.Program._bound
    tried, replay_first = trial.Trial.run, trial.Trial.replay

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

    def counted_trial(self, *args):
        found.append(1)
        return tried(self, *args)

    def first_replay(self, values):
        replayed = replay_first(self, values)
        found.replays -= replayed
        return replayed

    monkeypatch.setattr(recording.Recording, "run", counted)
    monkeypatch.setattr(trial.Trial, "run", counted_trial)
    monkeypatch.setattr(trial.Trial, "replay", first_replay)
    monkeypatch.setattr(program.Program, "_bound", counting)
    return found
