#!/usr/bin/env bash
# SIGTERM ends trapeze while nobody reads what it writes: a full pipe behind stdout, a remote debugger that asks and does not listen.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
words chatter.bin 0x100002b7 0x04100313 0x00628023 0xffdff06f # 'A' to the UART, for ever

# ends PID: it does, and of SIGTERM.
ends() {
    local status=0
    kill -TERM "$1"
    timeout $patience tail --pid="$1" -f /dev/null || { kill -KILL "$1"; fail "$what: no answer to SIGTERM"; }
    wait "$1" || status=$?
    [ $status = 143 ] || fail "$what: exit status $status after SIGTERM"
}
# blocked PID: it has stopped using the processor, which it did before.
blocked() {
    local before=-1 now
    for ((n = 0; n < 600; n++)); do
        sleep 0.2
        now=$(cut -d ' ' -f 14,15 "/proc/$1/stat")
        [ "$now" != "$before" ] || [ "$(cut -d ' ' -f 3 "/proc/$1/stat")" != S ] || return 0
        before=$now
    done
    fail "$what: it never waits"
}

mkfifo pipe
for what in --bare "--depth 1"; do
    "$TRAPEZE" run $what chatter.bin >pipe 2>err </dev/null &
    trapeze=$!
    exec 3<pipe
    blocked $trapeze
    ends $trapeze
    exec 3<&-
done
what=monitor # its own output goes by the same way as the guest's
printf 'c\n' >commands
"$TRAPEZE" monitor chatter.bin >pipe 2>err <commands &
trapeze=$!
exec 3<pipe
blocked $trapeze
ends $trapeze
exec 3<&-

# Ctrl-A x is heard, too; what was still to be printed is dropped.
what="Ctrl-A x"
mkfifo keys
"$TRAPEZE" run chatter.bin >pipe 2>err <keys &
trapeze=$!
exec 3<pipe
exec 4>keys
blocked $trapeze
printf '\001x' >&4
timeout $patience tail --pid=$trapeze -f /dev/null || { kill -KILL $trapeze; fail "no answer to Ctrl-A x"; }
wait $trapeze || fail "Ctrl-A x: exit status $?"
exec 4>&- 3<&-

command -v python3 >/dev/null || { echo "no debugger was tried: python3 is not installed"; exit 0; }
# It asks for all registers a hundred thousand times, and takes a little of the answers every second: never enough.
cat >asker.py <<'END'
import socket, threading, time
s = socket.socket(socket.AF_UNIX)
s.connect("socket")
def ask():
    try:
        s.sendall(b"+$g#67" * 100000)
    except OSError:
        pass
threading.Thread(target=ask, daemon=True).start()
s.recv(512)
open("asking", "w").close()
try:
    while s.recv(512):
        time.sleep(1)
except OSError:
    pass
END
what="a debugger that does not read"
"$TRAPEZE" run -S -gdb unix:socket spin.bin >out 2>err </dev/null &
trapeze=$!
listens $trapeze || fail "$what: nobody listens"
python3 asker.py &
asker=$!
until [ -e asking ] || ! alive $asker; do sleep 0.05; done
[ -e asking ] || fail "$what: it got no answer"
blocked $trapeze
ends $trapeze
kill $asker 2>/dev/null || true
wait $asker || true
