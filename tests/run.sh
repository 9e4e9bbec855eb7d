#!/usr/bin/env bash
# run.sh [CTEST ARGUMENT...] - installs what is missing, builds Trapeze, and runs the tests; arguments are ctest's, to select some.
# The last lines are ctest's summary. In CI (CI is set in the environment) warnings are errors, and these are run, too: what is labelled
# lint (clang-format and clang-tidy) and mutants (does the suite notice planted faults?). By hand: -L builds, the suite in other builds
# (tests/builds.sh); -L fresh, the README's commands on a bare Debian.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ -n "${CI:-}" ]; then
    bash examples/prerequisites.sh --tests --ci
    werror=ON
    [ $# -gt 0 ] || set -- -LE '^(hour|builds|fresh)$'
else
    bash examples/prerequisites.sh --tests
    werror=OFF
    [ $# -gt 0 ] || set -- -LE '^(hour|lint|mutants|builds|fresh)$'
fi
cmake --preset release -D "TRAPEZE_WERROR=$werror"
cmake --build --preset release
exec ctest --preset release -j "$(nproc)" "$@"
