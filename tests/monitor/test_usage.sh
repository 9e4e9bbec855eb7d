#!/usr/bin/env bash
# What is said about the command line itself: help, version, and one sentence with status 2 for every kind of bad usage.
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../examples" && pwd)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

t 0 --help; shows "usage: trapeze"; quiet
t 0 -h; shows "usage: trapeze"
t 0 help; shows "run a guest"
t 0 help run; shows "-max-insns N"; shows "-drive LIST"
t 0 run --help; shows "-max-insns N"; quiet
t 0 run --help; shows "Other machines have options of their own: trapeze run -M pg --help, trapeze run -M ia32 --help."
for machine in pg ia32; do t 0 run -M $machine --help; shows "usage: trapeze run -M $machine"; done
t 0 help witness; shows "qemu-i386"
t 0 run -help; shows "-max-insns N"
t 0 --version; grep -qE '^trapeze [0-9]+\.[0-9]+\.[0-9]+$' out || fail "no version"
t 0 version; grep -qE '^trapeze [0-9]' out || fail "no version"
t 2; shows "Three things to try"; shows "trapeze demo"

for words in --help --version help "help run" version; do
    status=0; "$TRAPEZE" $words >/dev/full 2>err || status=$?
    [ $status = 1 ] || fail "$words onto a full device: status $status"
    says "the output cannot be written: No space left on device"
done
# A reader that has gone is no fault: it ends by the signal of it, as others do, and says nothing.
{
    until [ -e gone ]; do sleep 0.05; done
    status=0; "$TRAPEZE" demo --batch modes 2>err || status=$?
    echo $status >status
} | { exec <&-; : >gone; } || true
[ "$(cat status)" = 141 ] && [ ! -s err ] || fail "without a reader: status $(cat status)"
for words in --help "help run" "help run -M pg" "help monitor" "help sweep" "help verify" "help compare" "help classify" "help witness" "help prove" "help report" "help doctor" "help demo" "help tutorial" "help lab"; do
    COLUMNS=80 t 0 $words
    ! grep -qE '.{81}' out || fail "$words: a line of more than 80 columns"
done

# man finds the pages of a command that is in PATH in its build folder, as README says.
if command -v man >/dev/null; then
    for page in trapeze trapeze-demo trapeze-methods trapeze-glossary; do
        status=0; found=$(env -u MANPATH PATH="$(dirname "$TRAPEZE"):$PATH" man -w $page) || status=$?
        [ $status = 0 ] && [ "$found" -ef "$(dirname "$TRAPEZE")/man/man${found##*.}/$page.${found##*.}" ] || fail "man finds no $page, or another: $found"
    done
fi

t 2 rnu; says "is 'run' meant?"
t 2 ./no-such-kernel; says "there is no command or file './no-such-kernel'"
t 2 help nothing-near-it; says "there is no command or file"
t 2 run --kernle x; says "is --kernel meant?"
t 2 run --max-insn 5; says "is --max-insns meant?"
t 2 run --depth; says "the option --depth needs a value: --depth N"
t 2 run -depth; says "the option -depth needs a value: -depth N"
t 2 run -no-rebot; says "is -no-reboot meant?"
t 2 run --qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq; says "there is no option --qqqq"
t 2 run -kernel; says "needs a value"
t 2 run --bare=yes exit0.bin; says "takes no value"
t 2 run exit0.bin exit42.bin; says "one kernel"
t 2 run -m 0 exit0.bin; says "-m wants"
t 2 run -m 5X exit0.bin; says "-m wants a number"
t 2 run -m -5 exit0.bin; says "-m wants a number"
t 2 run -m 99999999999999999999 exit0.bin; says "-m wants"
t 1 run -m 1; says "the embedded guest: it is to be loaded at"
t 2 run -m 1023K exit0.bin; says "-m wants"
t 2 run -m 1025k exit0.bin; says "whole pages"
t 2 run -m 1025G exit0.bin; says "-m wants 1M to 1024G in whole pages, not 1025G"
for size in 0 64K 5G 3585M; do t 2 run -M ia32 -m $size; says "-m wants 1M to 3584M in whole pages, not $size"; done
for machine in virt pg ia32; do
    for n in 2 0 many; do t 2 run -M $machine -smp $n; says "the machine has one processor: -smp is 1, not '$n'"; done
    t 0 run -M $machine -smp 1 --help
done
t 0 run -smp 1 exit0.bin; quiet
t 2 run -M pc exit0.bin; says "there is virt"
t 2 run -cpu rv32 exit0.bin; says "there is rv64"
t 2 run -cpu rv64,foo=on exit0.bin; says "no 'foo' to a CPU"
t 2 run -cpu rv64,sstc=maybe exit0.bin; says "on or off"
t 0 run -M virt,plic=qemu exit0.bin; quiet
t 0 run --machine=virt,plic=strict exit0.bin; quiet
t 2 run -M virt,plic=lax exit0.bin; says "-M virt,plic= is qemu or strict, not 'lax'"
t 2 run -M virt,plic exit0.bin; says "is qemu or strict"
t 2 run -M virt,foo=1 exit0.bin; says "-M virt knows plic=, not 'foo'"
t 2 run -M spike exit0.bin; says "there is virt, pg[:VARIANT], and ia32[:VARIANT]"
t 2 run -serial pty exit0.bin; says "-serial"
t 2 run -drive format=raw exit0.bin; says "needs file=PATH"
t 2 run -drive file=a,format=qcow2 exit0.bin; says "format=raw"
t 2 run -drive file=a,if=ide exit0.bin; says "if=virtio"
t 2 run -drive file=a,colour=red exit0.bin; says "not 'colour'"
t 2 run -drive file=a,snapshot=perhaps exit0.bin; says "on or off"
t 2 run -drive file=a -drive file=b -drive file=c -drive file=d -drive file=e exit0.bin; says "room for 4 drives"
t 2 run --depth 0 exit0.bin; says "--depth wants"
t 2 run --depth 17 exit0.bin; says "--depth wants"
t 2 run --bare --depth 2 exit0.bin; says "exclude each other"
t 2 run --shadow none exit0.bin; says "flush, trace or adapt"
for machine in virt pg; do t 2 run -M $machine --ring 1; says "the option --ring is for a machine with four rings, which $machine is not"; done
t 2 run -M ia32 --ring 2; says "is 1 or 3, not '2'"
t 2 run -M ia32 --ring 1 --bare; says "--bare and --ring 1 exclude each other"
for monitor in hybrid translate; do t 2 verify -M ia32 --ring 1 --vmm $monitor; says "goes with --vmm trap and --vmm patch"; done
t 2 monitor -M ia32:vt --ring 1; says "--ring 1 and the variant vt exclude each other"; says "; --vmm patch, which does without that mode, goes with both"
t 2 run -M ia32:no; says "no variant 'no'; there are umip, cpuidf, pushf, noleak, traps, vt and v86, and several with a '+' between them"
for words in "run -M" "verify -M" classify prove witness "report --html x"; do # whoever is asked, before anything is done
    t 2 $words ia32:vt+umip+v86
    says "the variants vt and v86 do not go together: user mode is guest mode in the one, virtual-8086 mode in the other"
done
t 2 run -M ia32 -cpu 386 --ring 1; says "--ring 1 needs CR0.WP, which -cpu 386 has not"
t 2 compare -M ia32 --ring 1 --vmm hybrid; says "hybrid runs nothing of the guest's ring 0 directly"
t 2 run --max-insns many exit0.bin; says "--max-insns"
t 2 run --stats=xml exit0.bin; says "--stats"
t 2 run --signature-granularity 3 --signature x exit0.bin; says "power of two"
t 2 run --signature-granularity 4 exit0.bin; says "needs --signature"
t 2 run -bios none; says "needs a kernel"
t 2 run -append quiet; says "-append needs a kernel"
t 2 run -initrd exit0.bin; says "-initrd needs a kernel"

# --- the script that boots Linux, before it fetches anything
status=0; bash "$examples/riscv/linux.sh" nonsense >out 2>err || status=$?
[ $status = 2 ] && grep -qF "there is no 'nonsense' to boot; there are shell, opensbi, installer and disk" err ||
    fail "linux.sh nonsense: status $status"

# The one for a PC: bare, unless virtual machines are asked for; the person's options come last. With packages that seem to be there.
packages=cache/trapeze/bookworm-i386
mkdir -p $packages/memtest86+
: >$packages/memtest86+/.complete
printf '#!/bin/sh\necho "$*"\n' >echo.sh && chmod +x echo.sh
pc() { XDG_CACHE_HOME=$PWD/cache TRAPEZE=$PWD/echo.sh bash "$examples/ia32/linux.sh" "$@" >out 2>err || fail "linux.sh $*"; }
for words in memtest "memtest -m 64M" "monitor memtest" "memtest --bare -M ia32:vt" "memtest -M ia32"; do pc $words; shows " --bare "; done
for words in "--vmm patch" "-vmm=trap" "-M ia32:traps" "--machine=ia32:vt" "--depth 2" "--ring 1"; do
    pc memtest $words
    ! grep -q -- --bare out && grep -qE -- "-m 8M $words\$" out || fail "linux.sh memtest $words"
done
