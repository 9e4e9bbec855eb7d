# loop.sh - sourced by the tests of `trapeze monitor`: a guest of fifteen instructions with symbols, and sessions with it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

#   _start: li t0, 3; auipc t1, 1   loop: sd t0, (t1); lw t2, (t1); addi t0, t0, -1; bnez t0, loop   jal fn; csrr t3, sstatus
#   power-off: lui t4, 0x100; t5 = 0x5555; sw t5, (t4); j .   fn: li a0, 42; ret
words loop.bin 0x00300293 0x00001317 0x00533023 0x00032383 0xfff28293 0xfe029ae3 0x01c000ef 0x10002e73 \
    0x00100eb7 0x00005f37 0x555f0f13 0x01eea023 0x0000006f 0x02a00513 0x00008067
printf '%s\n' '0000000080200000 T _start' '0000000080200008 t loop' '0000000080200034 T fn' '0000000080201000 d pad' \
    '0000000080201004 D counter' >loop.map

# session ARGUMENT...: commands from stdin; everything that was said, in order, without the instructions' text (Capstone and the
# built-in printer spell them differently) and its class, goes to `out`.
session() {
    timeout -k 5 $patience "$TRAPEZE" monitor "$@" >raw 2>&1 || true
    sed -E 's/(^(=>|  ) [^\t]*:)\t.*/\1/' raw >out
}
# golden NAME: `out` is what follows on stdin.
golden() {
    cat >wanted
    diff -u wanted out >difference || { cat difference; fail "$1 is not as it should be"; }
}
