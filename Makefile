# Two commands are all a newcomer needs: `make mnist` and `make test`.

PYTHON ?= python3
BIN = .venv/bin
# The tests are independent of each other, and shared out to the processors.
TESTS = -m pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal

# The many processes that tests start share what one of them has compiled, also where the shell
# would have nothing kept.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: mnist test test-oldest test-package lint bench fuzz mutants watch clean

mnist: .venv/train.done
	$(BIN)/python -m hw1.mnist

test: .venv/test.done
	$(BIN)/python $(TESTS)

# The oldest NumPy that pyproject.toml admits. Whether backward belongs to forward, what the programs
# do, and what files, optimizers and pages hold, is seen by `test`.
OTHERS = $(foreach room,autograder benchmarks files hw1 onnx optim utils watcher,--ignore=tests/$(room))
test-oldest: .venv-oldest/test.done
	.venv-oldest/bin/python $(TESTS) $(OTHERS) -k "not finite_differences"

# The wheel and the sdist, in a clean environment of each Python that is installed.
test-package: .venv/dev.done
	$(BIN)/python -m tests.distribution

lint: .venv/dev.done .venv/biome.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy sandbox.py
	@if [ -x .venv/node_modules/.bin/biome ]; then .venv/node_modules/.bin/biome ci --colors=off --error-on-warnings .; \
	else echo "npm is not there: the scripts and styles of mytorch/watcher/assets are not looked at"; fi

# Some minutes on a quiet machine; `make bench BENCH=--quick` for a first look.
bench: .venv-bench/bench.done
	.venv-bench/bin/python -m benchmarks $(BENCH)

# The random tests with new seeds, until one fails or Ctrl-C; make fuzz FUZZ="--minutes 10".
fuzz: .venv/test.done
	$(BIN)/python -m tests.fuzz $(FUZZ)

# The pages of docs/watch, on which autograd is stepped through, and what the homework's grader makes
# such pages with.
watch: .venv/train.done
	$(BIN)/python -m tests.autograder.page_archive
	@for program in docs/watch/*.py; do \
		$(BIN)/python -m mytorch watch $$program --out $${program%.py}.html || exit; done

# Do the tests see faults put in on purpose? An hour; docs/testing.md tells more.
mutants: .venv/test.done
	$(BIN)/python -m tests.mutation $(MUTANTS)

clean:
	rm -rf .venv .venv-oldest .venv-bench .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

# $(call install,ENVIRONMENT,WHAT). The mark is written last: an installation that was interrupted
# is done again.
# Nothing is compiled here: programs compile what they import, which is little of it, and keep that.
define install
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	"MyTorch needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + \
	": call make PYTHON=python3.11, or whatever yours is named")'
@echo "Installing" $(2) "and what it needs into $(1) (once) ..."
@test -x $(1)/bin/pip || $(PYTHON) -m venv $(1)
@$(1)/bin/pip install --quiet --disable-pip-version-check --no-compile --editable $(2)
@touch $@
endef

.venv/%.done: pyproject.toml
	$(call install,.venv,'.[$*]')

# It has all that the others have.
.venv/dev.done: pyproject.toml
	$(call install,.venv,'.[dev]')
	@touch .venv/test.done .venv/train.done

# Looks at the scripts and styles of pages.
.venv/biome.done:
	@mkdir -p .venv
	@if command -v npm > /dev/null; then \
		npm install --silent --no-fund --no-audit --prefix .venv @biomejs/biome@2.6.8; fi
	@touch $@

.venv-oldest/test.done: pyproject.toml
	$(call install,.venv-oldest,'.[test]' numpy==2.0.0)

.venv-bench/bench.done: pyproject.toml
	$(call install,.venv-bench,'.[bench]')
