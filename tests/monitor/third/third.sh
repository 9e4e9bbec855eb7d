#!/usr/bin/env bash
# third.sh COMMAND PROGRAM - a third instruction set, which the command does not ship, comes up by its line in the list alone: run, monitor,
# classify, prove, verify. COMMAND is built with it, PROGRAM writes its programs.
set -euo pipefail
trapeze=$1 program=$2 patience=1200 # seconds, after which a command hangs
there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
"$program" "$there/p" && "$program" "$there/lost" lost

# demand STATUS EXPECTED ARGUMENT...: exit status, and all of stdout or, with ~ before it, an extended expression found in the output
demand() {
    local status=0 said expected=$2 wanted=$1
    shift 2
    said=$(timeout $patience "$trapeze" "$@" 2>&1 </dev/null) || status=$?
    [ "$status" = "$wanted" ] || fail "trapeze $*: status $status, not $wanted: $said"
    case $expected in
    ~*) grep -qE -- "${expected#\~}" <<<"$said" || fail "trapeze $*: no '${expected#\~}' in: $said" ;;
    *) [ "$said" = "$expected" ] || fail "trapeze $*: not '$expected': $said" ;;
    esac
}

course=$'third\n123pc20d'
for how in --bare "" "--depth 2" "--depth 3" "--vmm hybrid"; do
    demand 0 "$course" run -M third $how "$there/p"
done
for how in --bare "" "--depth 2" "--vmm hybrid"; do
    demand 122 "~has shut down at pc .* exception 2 .* could not be delivered: its delivery met exception 4 " run -M third $how "$there/lost"
done
demand 2 "~no variant 'bogus'" run -M third:bogus "$there/p"
demand 2 "~there is virt, pg\[:VARIANT\], ia32\[:VARIANT\], and third" run -M fourth

for how in "" "--depth 2" "--vmm hybrid"; do
    demand 0 "~equivalent" verify -M third $how "$there/p"
done
# What tells the kernel its real ring makes a difference, and is found.
demand 123 "~diverged after" verify -M third:leaks "$there/p"

demand 0 "~^third" classify third
demand 0 "~privilege" classify third out
demand 0 "~[Tt]heorem 1" prove third
demand 0 "~ring" prove third:leaks

see() { demand 0 "~$1" monitor -M third "$there/p" -batch -ex "break *2 if \$ring == 3" -ex c -ex "si 2" -ex "x/2i \$pc" -ex "info registers"; }
see '=> 0x14:	ld a0, 0x100'
see '0x1c:	call 7'
see 'mode  r3 '

# By what instructions are, at full speed: the first that is sensitive.
demand 0 '~Breakpoint 1.* 0x0*148 .*14 retired' monitor -M third "$there/p" -batch -ex "break class sensitive" -ex c -ex "x/i \$pc"

# What the board has to say of itself, and what such a machine has none of, is asked of it.
look() { demand "$1" "~$2" monitor -M third "$there/p" -batch -ex "si 3" -ex "$3"; }
look 0 'devices +port 0x0000000010, 0x3 bytes' "info devices"
look 0 'request: 0; a timer and a console' "info devices"
look 1 "'info irq' needs interrupt lines, and the machine third has none" "info irq"
look 1 "'info tlb' needs page tables" "info tlb"
look 1 "'info gdt' needs segments or descriptors" "info gdt"
look 1 "'send' needs a console to type at" "send x"

# Sixteen bytes of an instruction are seen, at the prompt and by programs.
look 0 ' r3 0x0+4 11223344556677880000000000010007 \| sti 0x100,' "trace 300"
demand 0 '~"bits": *"0x11223344556677880000000000010007"' monitor -M third "$there/p" -json -batch -ex "break *4 if \$ring == 3" -ex c -ex "x/i 4"
