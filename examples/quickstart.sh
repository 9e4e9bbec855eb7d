#!/usr/bin/env bash
# quickstart.sh - installs what is missing, builds Trapeze, and runs the guest it carries in a virtual machine. Then, at a
# terminal, offers to boot Debian's Linux.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$here"
bash examples/prerequisites.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "building Trapeze ..."
if ! { cmake --preset quickstart && cmake --build --preset quickstart; } >"$log" 2>&1; then
    cat "$log"
    exit 1
fi
echo '$ build/release/trapeze run'
build/release/trapeze run
if [ -t 0 ] && [ -t 1 ]; then
    printf '\nBoot unmodified Debian Linux in a virtual machine next? It fetches about 90 MB of Debian packages. [y/N] '
    read -r answer
    case $answer in
    y* | Y*) exec bash examples/riscv/linux.sh ;;
    esac
fi
echo 'Next: bash examples/riscv/linux.sh boots Debian Linux; build/release/trapeze --help shows the rest.'
