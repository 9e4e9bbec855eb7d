# gdb.sh - sourced behind lib.sh by tests that drive a guest by gdb-multiarch: elf, the carried guest with its symbols; how to start a guest,
# debug it and see it end.
command -v gdb-multiarch >/dev/null || skip "gdb-multiarch is not here (package gdb-multiarch)"
elf=$(dirname "$TRAPEZE")/examples/hello.elf
[ -f "$elf" ] || skip "$elf is not here"

# start ARGUMENT...: trapeze in the background, listening at ./socket; its output in guest.out and guest.err.
start() {
    rm -f socket
    timeout -k 5 $patience "$TRAPEZE" "$@" -gdb unix:socket >guest.out 2>guest.err </dev/null &
    trapeze=$!
    listens $trapeze || { cat guest.err; fail "trapeze $* does not listen"; }
    cat /proc/$trapeze/task/$trapeze/children >pid
}
# debug: the commands on stdin, in GDB; what it says goes to ./out. On a busy machine an answer may take longer than the two seconds after
# which GDB asks once more, and then takes the first answer for the second's.
debug() {
    { printf 'set pagination off\nset confirm off\nset style enabled off\nset remotetimeout %d\n' $patience; cat; } >script.gdb
    timeout -k 5 $patience gdb-multiarch -q -nx -batch -x script.gdb "$@" >out 2>&1 </dev/null || fail "gdb-multiarch: status $?"
}
# ended STATUS: trapeze ends by itself.
ended() {
    local status=0
    wait $trapeze || status=$?
    [ $status = "$1" ] || { cat guest.err; fail "trapeze: exit status $status, not $1"; }
}
account() { grep -o '"retired": [0-9]*' guest.err | head -1; }
