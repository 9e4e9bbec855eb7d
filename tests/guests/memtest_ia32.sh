#!/usr/bin/env bash
# memtest_ia32.sh - Debian's memtest86+ on the bare IA-32 machine, by the example's script: its first pass over 8 MiB, without an error.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$root/examples/ia32/initrd.sh"
ia32_memtest >/dev/null 2>"$work/package.log" || cannot_have memtest86+
printf 'wait Pass:  1\nquit\n' >"$work/memtest.script"
status=0
timeout $patience bash "$root/examples/ia32/linux.sh" memtest --script "$work/memtest.script" --max-insns 40000000000 --stats=json \
    >"$work/memtest.out" 2>"$work/memtest.err" </dev/null || status=$?
[ $status = 0 ] || fail "memtest: exit status $status, not 0"
expect memtest "Pass:  1        Errors: 0"
for n in 0 3 4 5 6 8 9 10; do # the others are done before the screen is written again
    grep -qaE "#$n +\[" "$work/memtest.out" || fail "test $n was not done"; done
echo "a pass without an error, in $(retired memtest) instructions"
