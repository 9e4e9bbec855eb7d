# lib.sh - sourced by the guest tests: runs `trapeze` with a console script and checks what came out. TRAPEZE names the command.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/examples/packages.sh"
: "${TRAPEZE:?set TRAPEZE to the trapeze command}"
patience=1200 # seconds, after which a command that takes moments hangs, however busy the machine
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() { echo "skipped: $*"; exit 77; }
fail() {
    echo "FAILED: $*"
    for file in "$work"/*.out "$work"/*.err; do [ ! -s "$file" ] || { echo "--- $(basename "$file")"; tail -n 40 "$file"; }; done
    exit 1
}

# package NAME: like debian_unpack, but a package that cannot be had skips the test. (What is for all architectures stands in this list, too.)
package() { debian_unpack trixie riscv64 "$1" 2>"$work/package.log" || cannot_have "$1"; }
cannot_have() { skip "the Debian package $1 is not to be had here ($(tail -n 1 "$work/package.log"))"; }

# They set netboot, the folder with the installer's kernel and initrd; and opensbi.
netboot_images() { netboot=$(debian_netboot 2>"$work/package.log") || cannot_have debian-installer-13-netboot-riscv64; }
opensbi_image() { opensbi=$(debian_opensbi 2>"$work/package.log") || cannot_have opensbi; }

# run NAME STATUS OPTION...: runs with $work/NAME.script (if it is there); console in NAME.out, account in NAME.json.
run() {
    local name=$1 wanted=$2 status=0
    shift 2
    [ ! -e "$work/$name.script" ] || set -- --script "$work/$name.script" "$@"
    echo "+ trapeze run $*"
    "$TRAPEZE" run --max-insns 8000000000 --stats=json "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null || status=$?
    [ "$status" = "$wanted" ] || fail "$name: exit status $status, not $wanted"
}

script() { cat >"$work/$1.script"; }
expect() { grep -qF -- "$2" "$work/$1.out" || fail "$1: the console does not show: $2"; }
# The retired-instruction count of a run, from its account.
retired() { sed -n 's/.*"retired": *\([0-9]*\).*/\1/p' "$work/$1.err" | head -n 1; }
same() { # two runs: the same console output and the same retired-instruction count at the end
    cmp "$work/$1.out" "$work/$2.out" || fail "the consoles of $1 and $2 differ"
    [ -n "$(retired "$1")" ] && [ "$(retired "$1")" = "$(retired "$2")" ] ||
        fail "$1 retired $(retired "$1") instructions, $2 $(retired "$2")"
    echo "same: $1 and $2: $(wc -c <"$work/$1.out") bytes of console, $(retired "$1") instructions"
}
