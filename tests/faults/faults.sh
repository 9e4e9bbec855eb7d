#!/usr/bin/env bash
# faults.sh STRIDE [NAME] - every allocation and every call to the host that the command makes fails in turn: the 1st, the 2nd, ... until a run has
# none that could; the same with all that follow, too, as when memory is out for good. With a STRIDE beyond 1 only each so-many-th, another
# one in each kind of run. Each run must end as if nothing had been, or with a failure's status and a sentence; no signal, no sanitizer's
# report, no other status; old files are whole, or whole new ones, and nothing is left beside them.
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../examples/pg" && pwd)
. "$(dirname "${BASH_SOURCE[0]}")/../monitor/lib.sh"
stride=${1:-1} only=${2:-}
export TRAPEZE_FAULT_LOG=$work/fault HOME=$work XDG_STATE_HOME=$work ASAN_OPTIONS=detect_leaks=1:exitcode=99:allocator_may_return_null=1
export UBSAN_OPTIONS=exitcode=99
ulimit -c 0

old="was here before"
# What is wrong with this run is told; the others follow, until it is too much.
found=0
wrong() {
    echo "FAILED: $name, request $n$more ($(head -n 3 fault | tr '\n' ';')): $*"
    head -n 5 err
    ((++found < 30)) || fail "that is enough"
}

# Without a process for each: there are thousands of runs.
slurp() { IFS= read -r -d '' "$1" <"$2" || true; }

# once N: the command of this round, with that fault. Its status is in `status`.
once() {
    rm -f fault
    echo "$old" >old
    status=0
    TRAPEZE_FAULT=$1 "$TRAPEZE_FAULTS" "${command[@]}" >out 2>err </dev/null || status=$?
    slurp out_text out
    out_text=$(sed 's/[0-9.]* s$/N s/' <<<"$out_text") # the host's clock
    slurp err_text err
}
# A log of less, because the guest did less; but of whole lines.
is_log() { [[ "$old_text" == "# insn-cnt "*$'\n' ]] && [ -n "$err_text" ]; }
look_at_files() {
    local left
    left=(old* *.part)
    [ "${left[*]}" = "old *.part" ] || wrong "it leaves ${left[*]}"
    slurp old_text old
    [ "$old_text" = "$old"$'\n' ] || cmp -s old new || { [ "$name" = "log traps" ] && is_log; } || wrong "the old file is neither whole nor a whole new one"
}
# undisturbed: as if nothing had been.
undisturbed() { [ "$status" = "$wanted" ] && [ "$out_text" = "$good_out" ] && [ "$err_text" = "$good_err" ] && cmp -s old new; }
look() {
    look_at_files
    undisturbed && return
    if [ "$status" != 1 ] && [ "$status" != "$wanted" ]; then
        wrong "status $status"
    elif [ -z "$err_text" ] && ! grep -qE "$said" out; then
        wrong "status $status, which is otherwise than it should be, and no sentence"
    elif grep -qvE '^[[:print:]]+$' err; then
        wrong "what it says is no sentence"
    fi
}
# faults NAME STATUS WORD...: of this command, which writes `old` if it writes.
faults() {
    name=$1 wanted=$2 command=("${@:3}") more='' n=0
    [[ "$name" == *"$only"* ]] || return 0
    once 0
    good_out=$out_text good_err=$err_text
    cp old new
    [ "$status" = "$wanted" ] && [ ! -e fault ] || wrong "without a fault it ends with status $status"
    for more in '' +; do
        for ((n = 1 + (start++ % stride); ; n += stride)); do
            once $n$more
            [ -e fault ] || break
            look
        done
        echo "$name: requests up to the $((n - 1)). ${more:+and all after it }failed in turn"
    done
}
# What stands on stdout in place of what there was no memory for: a sentence, or the table's word for what was not measured.
said='not enough memory|out of memory|no memory|cannot be|as the *$|table claims'
start=0

faults "run" 0 run --bare -bios none hello.bin
faults "run in a VM" 42 run --depth 2 -bios none --stats=json:old exit42.bin
faults "run with a trace" 0 run -bios none --trace-out old hello.bin
faults "run of the paper's machine" 0 run -M pg --stats=json:old "$examples/hello.pg"
head -c 65536 /dev/zero >disk
faults "run with a drive" 0 run -bios none -drive file=disk,format=raw,if=virtio,snapshot=on exit0.bin
faults "verify" 0 verify -bios none --every 2 hello.bin
faults "verify of the paper's machine" 0 verify -M pg "$examples/hello.pg"
"$TRAPEZE" monitor --batch -bios none hello.bin -ex 'savevm state' >/dev/null
faults "savevm" 0 monitor --batch -bios none hello.bin -ex 'savevm old'
faults "loadvm" 0 monitor --batch -bios none hello.bin -ex 'si 2' -ex 'loadvm state' -ex 'si' -ex 'rsi'
faults "log traps" 0 monitor --batch hello.bin -bios none -ex 'log traps old' -ex 'c'
faults "monitor" 0 monitor --batch -ex 'b kernel_main' -ex 'watch *(int *)0x80000000' -ex 'c' -ex 'bt' -ex 'info registers' -ex 'x/4i $pc' \
    -ex 'set $mine = 3' -ex 'p $mine + 1' -ex 'display/x $a0' -ex 'si 2' -ex 'rsi' -ex 'tr $pc' -ex 'why' -ex 'delete'
faults "monitor in JSON" 0 monitor --batch --json -bios none hello.bin -ex 'si' -ex 'info registers' -ex 'info stats'
printf 'wait A\nquit\n' >script
faults "script" 0 run -bios none --script script hello.bin
# It measures for seconds each time: of a selection, a tenth.
stride=$((stride > 1 ? 10 * stride : 1)) faults "report" 0 report pg:LRA --states 1 --json old
"$TRAPEZE" sweep riscv --quick --states 1 --out shard >/dev/null 2>&1
faults "sweep" 0 sweep riscv --merge shard
[ $found = 0 ]
