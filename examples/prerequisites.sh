#!/usr/bin/env bash
# prerequisites.sh [--tests] [--ci] - installs the Debian or Ubuntu packages that building Trapeze needs (and, with --tests, those
# its test suite uses; with --ci, those of CI's other checks), if any is missing. Asks sudo when not run by root. Prints nothing when
# all is there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/packages.sh"

build="gcc cmake ninja-build pkg-config clang lld libelf-dev libdw-dev libfdt-dev libreadline-dev libncurses-dev libcapstone-dev libc6-dev"
tests="libcmocka-dev qemu-user qemu-system-misc gdb-multiarch binutils-riscv64-unknown-elf device-tree-compiler e2fsprogs gzip cpio binutils xz-utils bsdutils
  procps python3 zsh fish make libzydis-dev bochs bochs-term"
release=$(. /etc/os-release 2>/dev/null && echo "${ID:-}-${VERSION_ID:-}") || true
case $release in debian-*) tests="$tests chromium" ;; esac # Ubuntu has no package of it; there the page is not tried in a browser

ci="git mmdebstrap libclang-rt-dev"
case $release in debian-12) ci="$ci clang-format-14 clang-tidy-14" ;; esac # the versions that the source is kept by

missing() { # those of the named packages that are not installed
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || printf '%s ' "$package"
    done
}

root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install() {
    command -v apt-get >/dev/null || die "this is not Debian or Ubuntu; install by hand what corresponds to: $*"
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || die "please have an administrator install: $*"
    say "installing: $*"
    root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@" >&2
}

# Capstone knows RISC-V from version 5. Debian 12 has version 4; its next release's package runs there too (it asks for an older
# C library than Debian 12 has). That release becomes a second source with a priority so low that nothing else comes from it.
capstone_next() {
    local version mirror
    version=$(dpkg-query -W -f='${Version}' libcapstone-dev 2>/dev/null || echo 0)
    [ "$release" = debian-12 ] && dpkg --compare-versions "$version" lt 5 || return 0
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || { say "no Debian source to take Capstone 5 from; the built-in disassembler serves"; return 0; }
    printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$mirror" |
        root tee /etc/apt/sources.list.d/trapeze-next.sources >/dev/null
    printf 'Package: *\nPin: release n=trixie\nPin-Priority: 1\n' | root tee /etc/apt/preferences.d/trapeze-next >/dev/null
    root apt-get -qq update >&2
    install libcapstone5/trixie libcapstone-dev/trixie || say "Capstone 5 could not be installed; the built-in disassembler serves"
}

wanted=$build
for option; do
    case $option in
    --tests) wanted="$wanted $tests" ;;
    --ci) wanted="$wanted $ci" ;;
    *) die "usage: prerequisites.sh [--tests] [--ci]" ;;
    esac
done
command -v dpkg-query >/dev/null || die "this is not Debian or Ubuntu; please install by hand what corresponds to: $wanted"
[ -n "$(missing libcapstone-dev)" ] || wanted=${wanted/libcapstone-dev /}
needed=$(missing $wanted)
if [ -n "$needed" ]; then
    root apt-get -qq update >&2
    install $needed
fi
capstone_next
