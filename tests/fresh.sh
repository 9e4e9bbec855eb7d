#!/usr/bin/env bash
# fresh.sh [12|13] - both commands of the README on a Debian of that release (12) that has nothing yet: a root file system is made
# from the package source that this machine uses, and a clean clone goes in. In 12 root does it, in 13 a user with sudo; there, where the
# compilers are newer, a warning of gcc's fails both, and clang compiles the command, too. Exits with 77, and says why, where none of
# that can be done. In CI the second command runs the tests of two rooms.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$here/examples/packages.sh"
skip() { echo "skipped: $*"; exit 77; }
# fail WHAT: shows the end of the log of what was done last, and keeps all of it.
fail() {
    local kept=$here/build/fresh_$release.log
    mkdir -p "$here/build"
    cp "$work/log" "$kept"
    tail -n 200 "$kept"
    echo "FAILED: $*; all of what it printed is in $kept"
    exit 1
}

release=${1:-12}
case $release in
12) suite=bookworm ;;
13) suite=trixie ;;
*) echo "usage: fresh.sh [12|13]" >&2; exit 2 ;;
esac
for tool in mmdebstrap unshare git; do command -v $tool >/dev/null || skip "the command $tool is not installed"; done
[ "$(id -u)" = 0 ] || skip "only root may make a root file system and go into it"
git -C "$here" rev-parse HEAD >/dev/null 2>&1 || skip "this is no clone that could be cloned"
mirror=$(debian_mirror)
[ -n "$mirror" ] || skip "no Debian package source is configured here"

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
: >"$work/log"
trap 'exit 1' HUP INT TERM
root=$work/root
mkdir "$work/proc"
unshare --mount --pid --fork bash -euc 'mount --make-rprivate /; mount -t proc proc "$0"; mount -t devpts -o newinstance devpts "$0"
    mount -t tmpfs shm "$0"' "$work/proc" 2>/dev/null || skip "mounts of one's own are not allowed here"

# What apt is told here about reaching its source holds there, too.
apt-config dump | grep -E '^Acquire::(http|https|ftp|Check|Retries|Queue)' >"$work/apt.conf" || true
echo "making a bare Debian $release ..."
mmdebstrap --quiet --variant=apt --aptopt="$work/apt.conf" --dpkgopt=force-unsafe-io "$suite" "$root" "$mirror" >"$work/log" 2>&1 ||
    { cat "$work/log"; skip "a root of $suite could not be made from the package source of this machine"; }
git clone -q --no-local "$here" "$root/srv/trapeze"

# inside COMMAND: a shell command in the clone, in that root, with processes and mounts of its own that end with it.
user=root
export cflags=
inside() {
    unshare --mount --pid --fork --kill-child bash -euc '
        mount --make-rprivate /
        mount -t proc proc "$0/proc"
        mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$0/dev/pts"
        mount -t tmpfs -o mode=1777 shm "$0/dev/shm"
        exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb HOME="$3" \
            ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} \
            ${cflags:+CFLAGS="$cflags"} \
            chroot --userspec="$1" "$0" bash -euc "cd /srv/trapeze; $2"' "$root" "$user" "$1" "$home" </dev/null
}
home=/root
if [ "$suite" = trixie ]; then
    inside 'apt-get -qq update; apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends sudo passwd; useradd -m visitor
        echo "visitor ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/visitor; chown -R visitor: .' >"$work/log" 2>&1 ||
        fail "a user with sudo"
    user=visitor home=/home/visitor
    cflags=-Werror
fi

# The README's first block of commands.
mapfile -t commands < <(sed -n '/^```sh$/,/^```$/p' "$here/README.md" | sed '/^```$/q' | sed -n 's/^\(bash [a-z/]*\.sh\) *#.*/\1/p')
[ ${#commands[@]} = 2 ] || fail "the README does not begin with two commands"

# a_step NAME COMMAND: is timed.
a_step() {
    local began=$SECONDS
    inside "$2" >"$work/log" 2>&1 || fail "$1"
    echo "ok after $((SECONDS - began)) s: $1"
}
a_step "${commands[0]}" "${commands[0]}"
grep -q 'executed directly' "$work/log" || fail "the quickstart shows no account"
inside '! dpkg -s libcmocka-dev >/dev/null 2>&1' || fail "the quickstart has installed the tests' packages"
few='-L quick'
[ -z "${CI:-}" ] || few="-L '^(mmu|devices)$'"
a_step "${commands[1]} $few" "${commands[1]} $few"
grep -q '^100% tests passed' "$work/log" || fail "the tests do not end with ctest's summary"
tail -n 40 "$work/log" | sed -n '/tests passed/,$p'
[ "$suite" = trixie ] || exit 0
a_step "clang $(inside 'clang -dumpversion')" "
    CC=clang cmake -G Ninja -B build/clang -D CMAKE_BUILD_TYPE=Debug -D TRAPEZE_WERROR=ON
    cmake --build build/clang --target trapeze_command"
