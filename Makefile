# `make example` and `make test` do all the set-up; see README.md.

PYTHON ?= python3.11
CORES ?= all
BIN = .venv/bin
# What was installed, on all cores, but not its tests; pip would compile all of it on one.
COMPILE = $(BIN)/python -m compileall -qq -j 0 -x '/tests/' .venv/lib

# Where it is set, each of hundreds of Pythons would compile the workflow anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: example unet test suite lint settings lock data clean

# The example data and everything that is made of it.
example: .venv/example.done
	$(BIN)/snakemake --cores $(CORES)
	@echo
	@echo "The results are in results/: open results/analysis_data/report.html in a browser."

# For training, graphics cards, and models that are files of PyTorch's own.
unet: .venv/unet.done

# Beside each other: mypy, which takes most of the time of lint, keeps one core busy.
test: .venv/test.done
	$(MAKE) --jobs=2 lint suite

suite: .venv/test.done
	$(BIN)/python -m pytest -n logical --dist loadfile --no-loadscope-reorder

lint: .venv/test.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check workflow
	$(BIN)/snakemake --lint

.venv/example.done: requirements.lock
	test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile -r requirements.lock
	$(COMPILE) > /dev/null || true  # some packages hold files of other Pythons
	touch $@

# What training and graphics cards need besides: PyTorch.
.venv/unet.done: requirements-unet.lock .venv/example.done
	$(BIN)/python -m pip install --quiet --no-compile -r requirements-unet.lock
	$(COMPILE) > /dev/null || true
	touch $@

.venv/test.done: requirements-test.lock .venv/example.done
	$(BIN)/python -m pip install --quiet --no-deps -r requirements-test.lock
	touch $@

# Only for developers: pin new versions (needs uv). The conda environments get the same ones.
UV_COMPILE = uv pip compile pyproject.toml --universal --python-version 3.11 --quiet \
  --custom-compile-command "make lock"

# A conda environment: python and pip from conda-forge, and the locked versions by pip.
ENVIRONMENT = { cat workflow/envs/head.yaml; \
  $(UV_COMPILE) $(1) -c requirements-unet.lock --no-header --no-annotate | sed 's/.*/      - "&"/'; }

lock:
	$(UV_COMPILE) --extra workflow --extra unet --extra evaluation -o requirements-unet.lock
	$(UV_COMPILE) --extra workflow --extra network --extra evaluation -c requirements-unet.lock \
	  -o requirements.lock
	$(UV_COMPILE) --extra workflow --extra unet --extra evaluation --extra test \
	  -c requirements-unet.lock -o requirements-test.lock
	$(call ENVIRONMENT,) > workflow/envs/analysis.yaml
	$(call ENVIRONMENT,--extra network) > workflow/envs/network.yaml
	$(call ENVIRONMENT,--extra unet) > workflow/envs/unet.yaml
	$(call ENVIRONMENT,--extra evaluation) > workflow/envs/evaluation.yaml

settings: .venv/example.done
	PYTHONPATH=workflow $(BIN)/python workflow/schemas/make_config.py

data: .venv/test.done
	$(BIN)/python resources/example/make_example.py

clean:
	rm -rf .venv results .snakemake .pytest_cache .ruff_cache .hypothesis
