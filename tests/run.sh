#!/usr/bin/env bash
# run.sh [CTEST ARGUMENT...] - installs what is missing, builds Trapeze, and runs the tests; arguments are ctest's, to select some.
# The last lines are ctest's summary. In CI (CI is set in the environment) warnings are errors, and these are run, too: what is labelled
# lint (clang-format and clang-tidy), and by turns mutants (does the suite notice planted faults?), one of the other builds
# (tests/builds.sh) or a bare Debian (tests/fresh.sh). By hand: -L builds, the suite in all of them; -L fresh, the README's commands there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ -n "${CI:-}" ]; then
    bash examples/prerequisites.sh --tests --ci
    werror=ON
    if [ $# = 0 ]; then
        # One of these each time, for all of them take an hour: which, the commit's time decides.
        elsewhere=(mutants builds_asan builds_clang builds_fuzz fresh_12 fresh_13)
        unset "elsewhere[$(($(git log -1 --format=%ct 2>/dev/null || echo 0) % ${#elsewhere[@]}))]"
        set -- -LE '^hour$' -E "^($(IFS='|'; echo "${elsewhere[*]}"))\$"
    fi
else
    bash examples/prerequisites.sh --tests
    werror=OFF
    [ $# -gt 0 ] || set -- -LE '^(hour|lint|mutants|builds|fresh)$'
fi
cmake --preset release -D "TRAPEZE_WERROR=$werror"
cmake --build --preset release
exec ctest --preset release -j "$(nproc)" "$@"
