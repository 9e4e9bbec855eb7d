#!/usr/bin/env bash
# witness_ia32.sh - the eighteen names of Robin and Irvine's list, each as a program for Linux in ring 3: on the processor at hand, where its kernel
# runs programs of 32 bits, else under qemu-i386. It completes, and shows what the laboratory says it does.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

by=
runs() { "$@" >"$work/out" 2>/dev/null; }

# NAME SUBJECT PATTERN [PIN]: what is to be seen. A kernel that has CR4.UMIP set answers SGDT, SIDT, SLDT, STR and SMSW itself.
shows() {
    "$TRAPEZE" witness ia32 "$2" ${4:+--without "$4"} --elf "$work/one.elf" >"$work/said" 2>"$work/err" || fail "$1: $(cat "$work/err")"
    if [ -z "$by" ]; then
        if runs "$work/one.elf"; then by=silicon
        elif runs qemu-i386 "$work/one.elf"; then by=qemu-i386
        else skip "neither does this kernel run programs of 32 bits, nor is there a qemu-i386"
        fi
        echo "by $by"
    fi
    if [ "$by" = silicon ]; then runs "$work/one.elf"; else runs qemu-i386 "$work/one.elf"; fi || fail "$1: the program failed"
    sed "s/^/$1: /" "$work/out"
    grep -Eq "$3" "$work/out" || fail "$1 does not show it: $3"
    grep -qF "$(sed -n 1p "$work/out")" "$work/said" || fail "$1 prints another title than was said"
}

completes='^  completes in ring 3$'
shows SGDT sgdt 'memory at 0x80011800 = .. .. .. .. .. ..'
shows SIDT sidt 'memory at 0x80011800 = .. .. .. .. .. ..'
shows SLDT sldt "$completes"
shows STR str "$completes"
shows SMSW smsw 'ebp = 0x.......[13579bdf]' # PE
shows PUSHF pushf 'memory at .* = .2 .[2367abef]' # IF
shows POPF popf "$completes"
if grep -q eflags "$work/out"; then fail "POPF has changed IF in ring 3"; fi
shows LAR lar 'ecx = 0x00[0-9a-f]{2}f[9b]00' # rights of a code segment of ring 3
shows LSL lsl 'ecx = 0x'
shows VERR verr 'eflags = 0x00000240' # ZF
shows VERW verw 'eflags = 0x00000240'
shows POP pop_ds.selector "$completes"
shows PUSH push_cs 'memory at .* = .[37bf]' # RPL 3
shows CALL call_far_m 'memory at .* .[37bf]'
shows JMP jmp_far_m "$completes"
shows 'INT n' int_i 'error code 0x010a' # the gate of vector 21h is closed to ring 3
shows RET retf "$completes"
shows MOVE mov_rm_seg.cs 'ecx = 0x.......[37bf]'

# All there are in one program.
"$TRAPEZE" witness ia32 --elf "$work/all.elf" >"$work/said" 2>"$work/err" || [ $? = 3 ] || fail "all: $(cat "$work/err")"
if [ "$by" = silicon ]; then runs "$work/all.elf"; else runs qemu-i386 "$work/all.elf"; fi || fail "all: the program failed"
[ "$(grep -c "$completes" "$work/out")" -ge 30 ] || fail "few complete"
