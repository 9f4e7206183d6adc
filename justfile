# Commands for development. Set up first with the second command of README.md; then `just` lists them.
# `.venv/bin/just` comes with that set-up; a `just` of your own does as well.

bin := ".venv/bin"

set positional-arguments # "$@" keeps an argument with spaces whole: `just test -k "not postgresql"`

[private]
default:
    @{{ just_executable() }} --list --unsorted

# Lint, formatting, types and import contracts: under a minute
check:
    {{ bin }}/ruff check .
    {{ bin }}/ruff format --check .
    {{ bin }}/mypy
    {{ bin }}/lint-imports

# Tests on SQLite and PostgreSQL; arguments go to pytest: `just test tests/predictions -n 0`
test *arguments:
    {{ bin }}/python -m pytest "$@"

# The long fault runs: hundreds of killed processes
test-long *arguments:
    {{ bin }}/python -m pytest -m long "$@"

# Run the tests, then print the share of lines that ran and those that did not; arguments go to pytest
coverage *arguments:
    {{ bin }}/coverage erase
    -{{ bin }}/coverage run -m pytest "$@"
    {{ bin }}/coverage combine --quiet
    {{ bin }}/coverage report

# Measure against the floors; arguments as in `python -m benchmarks --help`
bench *arguments:
    {{ bin }}/python -m benchmarks "$@"

# Serve the record in `trackrecord-data` on http://127.0.0.1:8000
serve *arguments:
    {{ bin }}/trackrecord serve "$@"

# Build the invented record of the demo and serve it
demo *arguments:
    {{ bin }}/trackrecord demo "$@"

# Pin again what pyproject.toml asks for; `just lock --upgrade` takes newer releases. Needs uv.
lock *arguments:
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header "$@" pyproject.toml requirements/build.in -o requirements/run.txt
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header "$@" --group dev -c requirements/run.txt pyproject.toml requirements/build.in -o requirements/dev.txt
