#!/usr/bin/env bash
# Files that the command writes, where they cannot be written: onto a device that is full, beyond the size that the process may write
# (which is a failed write, not a death by SIGXFSZ), and on a file system without room. Each time one sentence names the file and the
# reason, the status is that of a failure, the old file is whole, and nothing is left beside it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

clang=
for name in clang clang-{19,18,17,16,15,14}; do [ -n "$clang" ] || ! command -v $name >/dev/null || clang=$name; done
[ -n "$clang" ] && command -v ld.lld >/dev/null || skip "clang and lld are not installed"
cat >signature.S <<'EOS'
    .globl _start, tohost, begin_signature, end_signature
_start:
    la a0, tohost
    li t1, 1
    sd t1, 0(a0)
    j .
    .data
    .balign 64
tohost: .dword 0
begin_signature: .fill 1024, 8, 7
end_signature:
EOS
echo 'SECTIONS { . = 0x80000000; .text : { *(.text) } .data : { *(.data) } }' >signature.ld
"$clang" --target=riscv64-unknown-elf -march=rv64i -mabi=lp64 -mno-relax -nostdlib -fuse-ld=lld -Wl,-T,signature.ld -o signature.elf signature.S

# writers FILE: what writes it, a line each.
writers() {
    cat <<EOF
run --stats=json:$1 exit0.bin
run --trace-out $1 hello.bin
run --signature $1 signature.elf
report pg:LRA --html $1
witness riscv sret --states 2 --elf $1
monitor --batch -ex "log traps $1" -ex c
monitor --batch -ex "log traps $1" -ex "si 2" -ex "log traps off"
monitor --batch -ex "savevm $1"
EOF
}
# refuses FILE REASON COMMAND...: its stderr is caught by a pipe, which has no limit. Memory for machine code is a file, too; that it may not be
# that long is said besides.
refuses() {
    local file=$1 reason=$2 status=0
    shift 2
    rm -f status
    { "$@" 2>&1 >/dev/null </dev/null || echo $? >status; } | sed '/^trapeze: no machine code here (File too large): /d' >err
    [ "$(cat status 2>/dev/null)" = 1 ] || fail "$*: status $(cat status 2>/dev/null || echo 0)"
    [ "$(wc -l <err)" = 1 ] || fail "$*: stderr is not one sentence"
    grep -q "$file:\? cannot be written: $reason" err || fail "$*: it does not say why $file cannot be written"
}
is_whole() { [ "$(cat list)" = $'old\nwas here before' ] || fail "$1: what was there is not as it was"; }

# --- in order, files are written
mkdir good
writers good/new | while read -r line; do
    eval "\"\$TRAPEZE\" $line" >out 2>err </dev/null || fail "$line"
    [ -s good/new ] && [ "$(ls -A good)" = new ] || fail "$line: there is no file, or something beside it"
    rm good/new
done

# --- a full device
if [ -c /dev/full ]; then
    writers /dev/full | while read -r line; do
        eval "refuses /dev/full 'No space left on device' \"\$TRAPEZE\" $line"
        [ -c /dev/full ] || fail "$line: /dev/full is no device any more"
    done
fi

# --- no file may grow
mkdir small
echo "was here before" >small/old
limited() { (ulimit -f 0 && exec "$TRAPEZE" "$@"); }
writers small/old | while read -r line; do
    eval "refuses small/old 'File too large' limited $line"
    (ls -A small; cat small/old) >list
    is_whole "$line"
done

# --- a file system without room: one page, which the old file takes
command -v unshare >/dev/null && unshare -rm mount -t tmpfs none /mnt 2>/dev/null || skip "the part on a small file system: none can be mounted"
mkdir tiny
tiny() {
    unshare -rm bash -c 'mount -t tmpfs -o size=4k none tiny && echo "was here before" >tiny/old || exit 125
        status=0; "$@" || status=$?
        (ls -A tiny; cat tiny/old) >list
        exit $status' tiny "$TRAPEZE" "$@"
}
writers tiny/old | while read -r line; do
    eval "refuses tiny/old 'No space left on device' tiny $line"
    is_whole "$line"
done
