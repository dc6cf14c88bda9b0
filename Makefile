# Each target sets up what it needs, by itself and again. PYTHON may name any Python from 3.10 on.
PYTHON ?= python3
PORT ?= 8000
RESULTS ?= benchmarks/results
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test load check audit messages build bench docs clean

help:
	@echo "make demo    start the example project (PORT=$(PORT); SIGNER=softhsm or kms keeps its key in a vault)"
	@echo "make test    run the tests"
	@echo "make load    run the load and fault tests for longer than make test does"
	@echo "make check   run the linters, the type checker and the security rules"
	@echo "make audit   look for known vulnerabilities of what the package needs (asks pypi.org)"
	@echo "make messages  extract the texts to translate, and compile the catalogues (needs GNU gettext)"
	@echo "make build   build wheel and sdist, and try them in a clean environment"
	@echo "make bench   measure"
	@echo "make docs    build the documentation"
	@echo "make clean   remove what the other targets made, but for the demo's data"

demo: $(VENV)/demo$(if $(SIGNER),-$(SIGNER)).stamp
	@$(BIN)/python example_project/manage.py demo_setup
	@$(BIN)/python example_project/manage.py demo_announce --port $(PORT)
	@$(BIN)/python $(if $(SIGNER),example_project/demo/vault.py $(SIGNER) )example_project/manage.py runserver $(PORT)

test: $(VENV)/test.stamp
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --cov --cov-report=term

load: $(VENV)/test.stamp
	LOAD=long $(BIN)/python -m pytest tests/load tests/signers/test_sites.py

check: $(VENV)/check.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/bandit --quiet --recursive --exclude django_tinymce_jwt/testing django_tinymce_jwt
	@# B101: what fails in a site's tests is an AssertionError. B105: the secrets of tests and demo are made up.
	$(BIN)/bandit --quiet --recursive --skip B101,B105 django_tinymce_jwt/testing example_project

# Not part of check: without pypi.org it can only fail. With --strict, what could not be asked is a failure.
audit: $(VENV)/check.stamp
	$(BIN)/pip-audit --strict --progress-spinner off .

# The date of the extraction would change every catalogue each time.
messages: $(VENV)/test.stamp
	@command -v msgfmt >/dev/null || { echo "GNU gettext is missing; on Debian and Ubuntu: apt-get install gettext" >&2; exit 1; }
	cd django_tinymce_jwt && ../$(BIN)/django-admin makemessages --all --no-obsolete --add-location=file
	sed -i.old -e '/^"POT-Creation-Date:/d' django_tinymce_jwt/locale/*/LC_MESSAGES/django.po
	rm django_tinymce_jwt/locale/*/LC_MESSAGES/django.po.old
	cd django_tinymce_jwt && ../$(BIN)/django-admin compilemessages

build: $(VENV)/build.stamp
	rm -rf build dist
	$(BIN)/python -m build --quiet
	$(BIN)/twine check --strict dist/*
	$(BIN)/python tests/try_distributions.py dist

bench: $(VENV)/bench.stamp
	$(BIN)/python -m benchmarks.bench $(RESULTS)

docs: $(VENV)/docs.stamp
	$(BIN)/sphinx-build --fail-on-warning --keep-going -b html docs docs/_build/html

clean:
	rm -rf $(VENV) .tox build dist docs/_build *.egg-info .coverage .mypy_cache .pytest_cache .ruff_cache

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "django-tinymce-jwt needs Python 3.10 or newer; '$(PYTHON)' is another, or missing." >&2; \
	  echo "Name a newer one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@touch $@

$(VENV)/%.stamp: $(VENV)/python.stamp pyproject.toml setup.cfg
	@echo "Installing what '$*' needs ..."
	@$(BIN)/python -m pip install --quiet --group $* --editable .
	@touch $@
