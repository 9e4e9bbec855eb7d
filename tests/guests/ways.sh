#!/usr/bin/env bash
# ways.sh WHAT - the interpreter's inner loop with and without pairs, with and without jumps that stay in it, the same with machine code, and
# for what is small the engine that does one instruction at a time: same console, same instruction count. WHAT:
# hello (the carried guest, bare and virtual, and verified), or linux (Debian's kernel to its shell and power-off, in a virtual machine).
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# every NAME OPTION...: in all four ways of the interpreter.
every() {
    local name=$1
    shift
    set -- --engine interpreter "$@"
    run "$name" 0 "$@"
    run "$name-nofuse" 0 --no-fuse "$@"
    run "$name-nochain" 0 --no-chain "$@"
    run "$name-neither" 0 --no-fuse --no-chain "$@"
    for way in nofuse nochain neither; do same "$name" "$name-$way"; done
}

case $1 in
hello)
    every bare --bare
    every virtual --depth 1
    every nested --depth 2 --shadow trace
    run simple 0 --engine simple --bare
    run simple-virtual 0 --engine simple --depth 1
    run simple-hybrid 0 --engine simple --vmm hybrid
    run native 0 --engine native --bare
    run native-nested 0 --engine native --depth 2 --shadow trace
    same bare native
    same bare native-nested
    same bare simple
    same bare simple-virtual
    same bare simple-hybrid
    same bare virtual
    same bare nested
    expect bare "kernel: all processes have ended, powering off"
    "$TRAPEZE" verify --every 1000 --no-fuse --no-chain >"$work/verify.out" 2>"$work/verify.err" </dev/null || fail "verify: exit status $?"
    expect verify "equivalent after $(retired bare) instructions"
    "$TRAPEZE" verify --engine simple,interpreter --bare >"$work/verify.out" 2>"$work/verify.err" </dev/null || fail "verify engines: exit status $?"
    expect verify "equivalent after $(retired bare) instructions"
    ;;
linux)
    netboot_images
    for way in linux linux-nofuse linux-nochain linux-neither linux-native; do
        script $way <<'EOF'
wait # 
send cat /proc/version\n
wait # 
send poweroff -f\n
EOF
    done
    linux=(-m 512M -kernel "$netboot/linux" -initrd "$netboot/initrd.gz" -append "console=ttyS0 rdinit=/bin/sh")
    every linux "${linux[@]}"
    run linux-native 0 --engine native "${linux[@]}"
    same linux linux-native
    expect linux "reboot: Power down"
    ;;
esac
