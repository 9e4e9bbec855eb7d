#!/usr/bin/env bash
# run.sh - installs what is missing, builds Trapeze, and runs every test. The last lines are ctest's summary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash examples/prerequisites.sh --tests
cmake --preset release
cmake --build --preset release
exec ctest --preset release
