import pytest

from mytorch.compiler import compiled as room


@pytest.fixture
def recordings(monkeypatch) -> list[int]:
    """Grows by one with each run that is recorded."""
    found: list[int] = []
    run = room.Recording.run

    def counted(self):
        found.append(1)
        return run(self)

    monkeypatch.setattr(room.Recording, "run", counted)
    return found
