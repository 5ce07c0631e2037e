#!/usr/bin/env bash
# Install the locked dependencies and Cloister itself into .venv; a second call with the same lock does nothing.
# usage: install.sh core|platform|dev        PYTHON=python3.12 chooses another interpreter
set -euo pipefail
cd "$(dirname "$0")"
what=${1:?usage: install.sh core|platform|dev}
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "install: $python is missing or older than 3.11" >&2
  echo "  mend: install Python 3.11 or newer, or name one: PYTHON=python3.12 $0 $what" >&2
  exit 2
}
locks=("requirements/$what.txt" requirements/build.txt)
[ "$what" = dev ] && locks+=(requirements/aws.txt)
stamp=.venv/.installed-$(cat "${locks[@]}" pyproject.toml | sha256sum | cut -c1-16)-$what
[ -e "$stamp" ] && [ -x .venv/bin/cloister ] && exit 0
echo "install: $what into .venv (once; about a minute with uv, two or three with pip)" >&2
# The locks are complete, so nothing is left to resolve: --no-deps saves a minute.
if command -v uv >/dev/null; then
  [ -x .venv/bin/python ] || uv venv --quiet --python "$python" .venv
  uv pip install --quiet --python .venv/bin/python --no-deps --require-hashes --compile-bytecode "${locks[@]/#/--requirements=}"
  uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
else
  [ -x .venv/bin/pip ] || "$python" -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes \
    "${locks[@]/#/--requirement=}"
  .venv/bin/python -m compileall -q -j 0 .venv/lib >/dev/null || true # some packages ship templates that are no Python
  .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
fi
rm -f .venv/.installed-*-"$what"
touch "$stamp"
