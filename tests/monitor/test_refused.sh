#!/usr/bin/env bash
# A host that gives no memory for machine code: the interpreter runs, one line on stderr says so, and all else is as ever: what the guest
# prints, what is counted, the status. (refuse.c is such a host.)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
refuse=$(dirname "$TRAPEZE")/tests/refuse
[ -x "$refuse" ] || skip "$refuse was not built"

"$TRAPEZE" run --engine native hello.bin >out 2>err </dev/null || fail "--engine native"
[ ! -s err ] || skip "$(cat err)"
for what in memfd exec; do
    case $what in memfd) why='Operation not supported' ;; exec) why='Permission denied' ;; esac
    # host STATUS ARGUMENT...: the command, on that host.
    host() {
        local wanted=$1 status=0
        shift
        timeout -k 5 $patience "$refuse" $what "$TRAPEZE" "$@" >out 2>err </dev/null || status=$?
        [ $status != 77 ] || skip "no filters on this host"
        [ $status = "$wanted" ] || fail "$what: trapeze $*: status $status"
    }
    told() { [ "$(grep -cE "^trapeze: no machine code here \(($why)\): the engine is the interpreter$" err)" = 1 ] || fail "$what: it is not said once"; }
    host 0 run --engine native hello.bin; told
    [ "$(cat out)" = A ] && [ "$(wc -l <err)" = 1 ] || fail "$what: more is said, or less is done"
    host 42 run --engine native exit42.bin; told
    host 42 run exit42.bin; told
    host 0 run --engine interpreter hello.bin; quiet
    host 0 run -M ia32:traps --stats=off; quiet # it has no use for that memory
    host 0 monitor --engine native --batch -ex c -ex 'info engine' -ex 'x/i 0x80201102'; told
    shows "interpreter: "; ! grep -q 'machine code:' out || fail "$what: there is machine code"
    shows "   0x80201102:"
    host 1 monitor --engine native --batch -ex disassemble/n; told
    grep -q 'the engine interpreter makes no machine code, which this host refuses' err || fail "$what: disassemble/n"
    host 0 run --engine native --bare --stats=json; told
    sed 's/"host_[a-z_]*": [0-9.]*//g' err | grep -o '"retired": [0-9]*' | head -1 >refused.count
    "$TRAPEZE" run --engine native --bare --stats=json >allowed 2>err </dev/null || fail "--engine native"
    grep -o '"retired": [0-9]*' err | head -1 | cmp - refused.count || fail "$what: other counts"
    cmp allowed out || fail "$what: the guest says something else"
    host 121 verify --every 1000 --max-insns 100K; told
    host 0 verify --engine native,simple --every 1000; told
    host 0 compare --vmm trap --shadow flush --no-time; told
    host 0 classify riscv add
done

# Addresses that are short: from where the machine has room for itself on, either there is machine code, too, or it is said that there is none.
(ulimit -v 240000 && "$TRAPEZE" version >out 2>&1) || skip "this build does not run in little memory"
seen=0
for room in $(seq 240000 20000 400000); do
    status=0
    (ulimit -v "$room" && exec timeout -k 5 $patience "$TRAPEZE" run --stats=off hello.bin) >out 2>err </dev/null || status=$?
    [ $status = 1 ] && grep -qE 'no (memory|room)' err && continue
    [ $status = 0 ] && [ "$(cat out)" = A ] || fail "ulimit -v $room: status $status"
    ! grep -q '^trapeze: no machine code here (Cannot allocate memory): the engine is the interpreter$' err || seen=$((seen + 1))
done
[ $seen -gt 0 ] || skip "no limit of addresses was met between the machine and its machine code"
