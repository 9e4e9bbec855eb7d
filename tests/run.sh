#!/usr/bin/env bash
# run.sh - installs what is missing, builds Trapeze, and runs every test. The last lines are ctest's summary. Warnings of the
# compiler are errors in CI only (CI is set in the environment).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash examples/prerequisites.sh --tests
werror=OFF
[ -z "${CI:-}" ] || werror=ON
cmake --preset release -D "TRAPEZE_WERROR=$werror"
cmake --build --preset release
exec ctest --preset release
