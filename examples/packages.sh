# packages.sh - sourced by the other scripts: files from Debian packages of another release or architecture, without
# installing them and without root. The package source is derived from this machine's own apt configuration (or from
# TRAPEZE_DEBIAN_MIRROR, a base address as it stands in a sources.list), so that a local mirror is used where one is.

trapeze_cache=${XDG_CACHE_HOME:-$HOME/.cache}/trapeze

say() { printf '%s\n' "$*" >&2; }
die() { say "$0: $*"; exit 1; }

# trapeze_command: the command, as $TRAPEZE says, built beside these files, or installed with them.
trapeze_command() {
    local examples place
    examples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    for place in ${TRAPEZE:+"$TRAPEZE"} "$examples/../build/release/trapeze" "$examples/../../../bin/trapeze"; do
        if [ -x "$place" ]; then
            echo "$place"
            return
        fi
        [ -z "${TRAPEZE:-}" ] || die "$TRAPEZE, which TRAPEZE names, is not there"
    done
    die "the command trapeze is not there; build it first with: bash examples/quickstart.sh"
}

# need COMMAND PACKAGE: a sentence when a host tool is missing.
need() { command -v "$1" >/dev/null || die "the command $1 is missing; install the package $2"; }

# debian_mirror: the base address of a Debian archive that this machine uses.
debian_mirror() {
    if [ -n "${TRAPEZE_DEBIAN_MIRROR:-}" ]; then
        echo "$TRAPEZE_DEBIAN_MIRROR"
        return
    fi
    { cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } |
        sed -n -e 's/^URIs:[[:space:]]*//p' -e 's/^deb[[:space:]]\(\[[^]]*\][[:space:]]*\)\{0,1\}//p' |
        awk '{ print $1 }' | grep '/debian/*$' | head -n 1
}

# debian_apt SUITE ARCH COMMAND...: apt-get with a private root that knows only that suite and architecture.
debian_apt() {
    local suite=$1 arch=$2
    shift 2
    local root=$trapeze_cache/apt-$suite-$arch mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    if [ ! -e "$root/ready" ]; then
        mirror=$(debian_mirror)
        [ -n "$mirror" ] || die "no Debian package source is configured here; set TRAPEZE_DEBIAN_MIRROR to the address of one"
        [ -r "$keyring" ] || die "the keyring $keyring is missing; install the package debian-archive-keyring"
        mkdir -p "$root/parts" "$root/lists/partial" "$root/archives/partial"
        : >"$root/status"
        echo "deb [signed-by=$keyring] $mirror $suite main" >"$root/sources.list"
        cat >"$root/apt.conf" <<EOF
Dir::Etc::sourcelist "$root/sources.list";
Dir::Etc::sourceparts "$root/parts";
Dir::Etc::preferencesparts "$root/parts";
Dir::State::lists "$root/lists";
Dir::State::status "$root/status";
Dir::Cache "$root";
Dir::Cache::archives "$root/archives";
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Sandbox::User "";
Acquire::Languages "none";
EOF
        APT_CONFIG=$root/apt.conf apt-get -qq update >&2 || die "the package lists of $suite for $arch could not be fetched"
        : >"$root/ready"
    fi
    APT_CONFIG=$root/apt.conf apt-get -qq "$@"
}

# debian_unpack SUITE ARCH PACKAGE: prints the folder with the package's files; fetched and checked by apt, once, while others wait.
debian_unpack() {
    local suite=$1 arch=$2 package=$3
    local into=$trapeze_cache/$suite-$arch/$package
    if [ ! -e "$into/.complete" ]; then
        mkdir -p "$trapeze_cache"
        (flock 9 && debian_fetch "$suite" "$arch" "$package" "$into") 9>"$trapeze_cache/lock" || return
    fi
    echo "$into"
}

# debian_fetch SUITE ARCH PACKAGE INTO: the work of debian_unpack.
debian_fetch() {
    local suite=$1 arch=$2 package=$3 into=$4 fetch
    if [ ! -e "$into/.complete" ]; then
        fetch=$(mktemp -d "$trapeze_cache/fetch.XXXXXX")
        say "fetching the Debian package $package ($suite, $arch) ..."
        (cd "$fetch" && debian_apt "$suite" "$arch" download "$package" >&2) ||
            { rm -rf "$fetch"; die "the package $package of $suite ($arch) could not be fetched"; }
        mkdir "$fetch/files"
        dpkg-deb -x "$fetch"/*.deb "$fetch/files" || { rm -rf "$fetch"; die "the package $package is damaged"; }
        rm -rf "$into"
        mkdir -p "$(dirname "$into")"
        mv "$fetch/files" "$into" && : >"$into/.complete"
        rm -rf "$fetch"
    fi
}

# debian_netboot: prints the folder with the kernel (linux) and the initrd (initrd.gz) of Debian 13's installer for riscv64.
debian_netboot() {
    local files
    files=$(debian_unpack trixie riscv64 debian-installer-13-netboot-riscv64) || return
    echo "$files/usr/lib/debian-installer/images/13/riscv64/text/debian-installer/riscv64"
}

# debian_opensbi: prints the file of OpenSBI, firmware for M-mode.
debian_opensbi() {
    local files
    files=$(debian_unpack trixie riscv64 opensbi) || return # for all architectures, hence in that list too
    echo "$files/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin"
}
