#!/usr/bin/env bash
# GDB at a guest: `trapeze run` and `trapeze monitor` with -gdb, -s, -S. gdb-multiarch drives the carried guest: breakpoints in its kernel
# and in its user program, a watchpoint, registers, memory, backwards, processes, the monitor's commands; the same at every depth.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# --- options: what is refused, and how
t 2 run -S; says "-S waits for a debugger, and none can come in: -s or -gdb DEVICE lets it"
t 2 run -s -gdb tcp::0; says "-gdb and -s stand once"
t 2 verify -s; says "verify takes no debugger"
t 2 run -M pg -s x.pg; says "there is no option -s"
for device in "tcp::70000" "tcp::" "tcp::12x"; do
    t 2 run -gdb "$device"; says "the option -gdb wants a port of 0 to 65535, not '$device'"
done
for device in 1234 stdio tcp: tcp:1234 unix; do
    t 2 run -gdb $device; says "the option -gdb wants tcp::PORT or unix:PATH, not '$device'"
done
t 2 run -gdb tcp:0.0.0.0:1234; says "the option -gdb listens on this host alone (tcp::PORT), not on '0.0.0.0'"
t 2 run -gdb tcp:example.org:1; says "not on 'example.org'"
t 2 run -gdb tcp::0,logfile=x; says "'logfile=x' is nothing it could do"
t 2 run -gdb unix:; says "wants a path"
t 1 run -gdb unix:/no/such/folder/socket; says "/no/such/folder/socket: a debugger cannot be waited for here: No such file or directory"
touch plain-file
t 1 run -gdb unix:plain-file; says "plain-file: a debugger cannot be waited for here: Address already in use"
[ -f plain-file ] || fail "a file that was in the way is gone"

# --- nobody comes: the run is as without, and the socket is gone afterwards
t 0 run -gdb unix:socket,server=on,wait=off hello.bin
[ "$(cat out)" = A ] && [ ! -e socket ] || fail "a run that no debugger came to"

. "$OLDPWD/tests/monitor/gdb.sh"
# For GDB's Python: Ctrl-C, when the guest has run on for a fifth of a second of processor time.
cat >interrupt.py <<'END'
import gdb, os, signal, threading, time
def spent(): # ticks: user and system time [proc(5)]
    fields = open("/proc/%d/stat" % int(open("pid").read())).read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])
def interrupt():
    resumed.wait()
    before = spent()
    while spent() < before + os.sysconf("SC_CLK_TCK") // 5:
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGINT)
resumed = threading.Event()
gdb.events.cont.connect(lambda event: resumed.set())
threading.Thread(target=interrupt).start()
END

"$TRAPEZE" run --stats=json >plain.out 2>plain.err </dev/null || fail "the carried guest"
plain=$(grep -o '"retired": [0-9]*' plain.err | head -1)

# --- stepping, breakpoints in kernel and program, a watchpoint, registers, memory: at any depth the same
for mode in --bare "--depth 1" "--depth 2" "--depth 1 --shadow trace" "--depth 1 --vmm hybrid"; do
    start run $mode -S --stats=json
    debug "$elf" <<'END'
target remote socket
printf "at first %#lx, mode %d\n", $pc, $priv
stepi
printf "a step later %#lx\n", $pc
break kernel_main
continue
printf "misa %#lx, mode %d, ft0 %f\n", $misa, $priv, $ft0.double
delete
hbreak _user
continue
printf "the program: %#lx, mode %d, id %d, begins with %#x\n", $pc, $priv, $a0, *(unsigned short *)$pc
delete
break kernel_trap
continue
printf "its first fault: cause %ld, at %#lx, mode %d\n", $scause, $stval, $priv
delete
watch pool_used
continue
printf "pages %u, at %#lx\n", pool_used, $pc
continue
printf "pages %u\n", pool_used
set $behind = $pc
reverse-continue
printf "back to %u, at %#lx\n", pool_used, $pc
set $before = $pc
reverse-stepi
printf "one back: %d\n", $pc < $before && $before - $pc <= 4
stepi
printf "forth: %d\n", $pc == $before
delete
stepi
printf "the store: %d, pages %u\n", $pc == $behind, pool_used
set $old = $s3
set var $s3 = 0x1234567890abcdef
printf "s3 %#lx\n", $s3
set var $s3 = $old
p $fs0 = 2.5
set $word = *(long *)$sp
set var *(long *)$sp = 42
printf "stack %ld\n", *(long *)$sp
set var *(long *)$sp = $word
rwatch *(char *)0x41000
awatch *(char *)0x42fff
continue
delete
break *kernel_trap if $scause == 8
continue
printf "a system call: a7 %ld\n", $a7
detach
END
    ended 0
    cmp -s guest.out plain.out || fail "$mode: the guest printed something else than without a debugger"
    [ -e first ] || cp out first
    cmp out first || fail "$mode: GDB saw something else"
    [ "$(account)" = "$plain" ] || fail "$mode: $(account) instructions, not $plain"
done
shows "at first 0x80200000, mode 1"
shows "a step later 0x80200004"
shows "misa 0x800000000014112d, mode 1, ft0 0.000000"
shows "the program: 0x100"
shows "its first fault: cause 13, at 0x4000"
shows "one back: 1"
shows "forth: 1"
shows "the store: 1"
shows "s3 0x1234567890abcdef"
shows "stack 42"
shows "Hardware read watchpoint"
shows "a system call: a7 1"
grep -q "^back to" out && [ "$(grep -o '^pages [0-9]*' out | head -1)" = "pages $(sed -n 's/^back to \([0-9]*\),.*/\1/p' out)" ] ||
    fail "reverse-continue did not undo the last change"

# --- backwards to the beginning
start run -S
debug "$elf" <<'END'
target remote socket
break kernel_trap
continue
continue
set $two = $stval
reverse-continue
printf "one: %d\n", $stval != $two
reverse-continue
printf "the beginning: %#lx\n", $pc
continue
continue
printf "again: %d\n", $stval == $two
kill
END
ended 0
shows "one: 1"
shows "No more reverse-execution history."
shows "the beginning: 0x80200000"
shows "again: 1"

# --- backwards over many checkpoints
words once.bin 0x00000013 0x00000013 0x00128293 0xffdff06f # nop; nop; t0++; j .-4
start run once.bin -S --max-insns 1000G
debug <<'END'
target remote socket
break *0x80200004
continue
source interrupt.py
continue
set $turns = $t0
reverse-continue
printf "there again: %d, before %d turns: %d\n", $pc == 0x80200004, $turns, $t0 == 0 && $turns > 0
kill
END
ended 0
shows "there again: 1"
grep -q 'turns: 1$' out || fail "how far back"

# --- processes: the machines below can be looked at, and not changed
start run --depth 2 -S
debug "$elf" <<'END'
target extended-remote socket
break _user
continue
add-inferior
inferior 2
attach 2
add-inferior
inferior 3
attach 3
info threads
printf "bare: mode %d, pc %#lx, satp mode %ld\n", $priv, $pc, ($satp >> 60) & 15
python
try:
    gdb.execute("set var $a0 = 1")
except gdb.error as e:
    print("refused:", e)
end
detach
inferior 2
stepi
printf "stepped: %#lx\n", $pc
detach
inferior 1
printf "guest: satp mode %ld\n", ($satp >> 60) & 15
detach
END
ended 0
grep -q '1\.1 *Thread 1.1 (vm2, hart 0, U-mode)' out || fail "the guest's thread"
grep -q '2\.1 *Thread 2.1 (vm1, hart 0, U-mode)' out || fail "the thread below"
grep -q '3\.1 *Thread 3.1 (bare, hart 0, U-mode)' out || fail "the bare machine's thread"
shows "bare: mode 0, pc 0x100"
shows "satp mode 9"
shows "this machine belongs to the VMM on it"
shows "guest: satp mode 8"

# --- the monitor's commands, physical memory, what does not work
start run -S
debug "$elf" <<'END'
target remote socket
watch pool_used
continue
continue
monitor info breakpoints
monitor stepi
monitor no-such-command
maintenance packet Qqemu.PhyMemMode:1
maintenance packet qqemu.PhyMemMode
maintenance flush dcache
printf "physical: %u\n", pool_used
maintenance packet Qqemu.PhyMemMode:0
maintenance packet Qqemu.PhyMemMode:2
maintenance packet vMustReplyEmpty
info mem
python
for name in ("misa", "mhartid"):
    try:
        gdb.execute("set var $%s = 1" % name)
    except gdb.error as e:
        print(name, e)
for command in ("x/x 0x7000000000", "set var *(int *)0x7000000000 = 1"):
    try:
        gdb.execute(command)
    except gdb.error as e:
        print(e)
end
detach
END
ended 0
shows "No breakpoints or watchpoints." # GDB takes its own out whenever the guest stands
shows "'stepi' may run the guest, which GDB would not see"
shows "there is no command 'no-such-command'"
shows 'received: "1"'
shows 'received: "E22"'
shows 'received: ""'
shows "physical: 2"
shows "0x0000000080000000 0x0000000088000000 rw"
shows "misa Could not write register"
shows "Cannot access memory at address 0x7000000000"
cmp guest.out plain.out || fail "the guest printed something else"

# --- it comes while the guest runs, stops it, goes without a word; another one comes; a third is sent away; the guest goes on to its end
start run spin.bin --max-insns 100G
debug <<'END'
set architecture riscv:rv64
target remote socket
printf "spins at %#lx\n", $pc
info registers t0
END
shows "spins at 0x80200000"
debug <<'END'
set architecture riscv:rv64
target remote socket
set var $t0 = 0x1234
set var *(int *)$pc = 0x00000013
set var *(int *)($pc + 4) = 0x00000013
python
import socket
other = socket.socket(socket.AF_UNIX)
other.connect("socket")
told = b""
while True:
    more = other.recv(100)
    if not more:
        break
    told += more
print("sent away:", told.decode())
end
set var *(int *)$pc = 0x0000006f
source interrupt.py
continue
printf "stopped again at %#lx, t0 %#lx\n", $pc, $t0
kill
END
shows 'sent away: +$E.this guest has a debugger already#'
shows "SIGINT"
shows "stopped again at 0x80200000, t0 0x1234"
ended 0

# --- the guest's end reaches GDB, and the command its status
start run exit42.bin -S
debug <<'END'
set architecture riscv:rv64
target remote socket
continue
END
shows "exited with code 052"
ended 42
start run sleep.bin -S
debug <<'END'
set architecture riscv:rv64
target remote socket
continue
END
shows "waits for an interrupt"
shows "SIGABRT"
ended 122
start run spin.bin -S --max-insns 1000
debug <<'END'
set architecture riscv:rv64
target remote socket
continue
END
shows "SIGXCPU"
ended 121

# --- with -S, who only comes and goes, or speaks another language, starts nothing: the debugger after him finds the first instruction
if command -v python3 >/dev/null; then
    start run exit42.bin -S
    python3 - <<'END' || fail "callers that say nothing"
import socket
for words in b"", b"POST / HTTP/1.1\r\n\r\n":
    s = socket.socket(socket.AF_UNIX)
    s.connect("socket")
    s.settimeout(60)
    s.sendall(words)
    if words:
        while s.recv(100):
            pass
    s.close()
END
    debug <<'END'
set architecture riscv:rv64
target remote socket
printf "stands at %#lx\n", $pc
continue
END
    shows "stands at 0x80200000"
    ended 42
fi

# --- garbage: half packets, wrong sums, nonsense in every place; then a GDB that finds all in order
start run spin.bin -S --max-insns 1000G
python=$(command -v python3 || true)
if [ -n "$python" ]; then
    "$python" - <<'END' || fail "garbage"
import random, socket
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect("socket")
    s.settimeout(1200)
    return s
def frame(body):
    return b"$" + body + b"#%02x" % (sum(body) & 255)
random.seed(1974)
words = [b"?", b"!", b"g", b"G", b"p", b"P", b"m", b"M", b"X", b"Z0,", b"z4,", b"vCont;t", b"vAttach;", b"D;", b"Hg", b"T", b"qSupported:",
         b"qXfer:features:read:target.xml:", b"qXfer:memory-map:read::", b"qRcmd,", b"Qqemu.PhyMemMode:", b"qThreadExtraInfo,", b"H", b"Z",
         b"qAttached:", b"bs", b"Zf,", b"p-1", b"vKil"]
tails = [b"", b",", b":", b";", b"ffffffffffffffff", b"fffffffffffffffff", b"0,ffffffffffffffff", b"80200000,0", b"80200000,4:zz", b"p9.1", b"p1.1",
         b"-1", b"=", b"1=", b"1=1", b"ffffffff=00", b"0,0", b"80200000,4", b"-", b"\0\0\0", b"}", b"0,0;X", b"a" * 20000, b"6", b"zz"]
def nonsense():
    kind = random.randrange(5)
    body = random.choice(words) + random.choice(tails)
    if kind == 0:
        return bytes(random.randrange(256) for _ in range(random.randrange(64)))
    if kind == 1:
        return frame(body)[:-1] + b"x"
    if kind == 2:
        return frame(body)[:random.randrange(1, len(body) + 3)]
    return b"$#00" + frame(body)
for n in range(40):
    s = connect()
    try:
        for k in range(30):
            s.sendall(nonsense())
        s.shutdown(socket.SHUT_WR)
        while s.recv(65536): # who goes sooner is not listened to until the end
            pass
    except OSError: # it has hung up: what does not begin as a packet, or a detach
        pass
    s.close()
def heard(s, n):
    text = b""
    while len(text) < n:
        text += s.recv(n - len(text))
    return text
s = connect()
s.sendall(frame(b"D")) # now the guest runs, whatever was among the nonsense
assert heard(s, 7) == b"+$OK#9a"
s.close()
s = connect()
s.sendall(frame(b"Z0,80300000,4")) # and goes without taking it out
assert heard(s, 7) == b"+$OK#9a"
s.close()
s = connect()
s.sendall(frame(b"?"))
first = heard(s, 17)
assert first == b"+$T02thread:1;20:", first
assert heard(s, 20)[-4:-2] == b";#"
s.sendall(b"+" + frame(b"qSupported")[:-2] + b"00")
assert heard(s, 1) == b"-"
s.sendall(frame(b"QStartNoAckMode"))
assert heard(s, 7) == b"+$OK#9a"
s.sendall(b"-")
assert heard(s, 6) == b"$OK#9a"
s.sendall(frame(b"qRcmd," + b"info breakpoints".hex().encode()))
none = frame(b"O" + b"No breakpoints or watchpoints.\n".hex().encode()) + b"$OK#9a"
assert heard(s, len(none)) == none, "its breakpoint is gone"
s.sendall(frame(b"m80200000,4"))
assert heard(s, 12) == frame(b"6f000000")
s.sendall(frame(b"m80200000,4" + b";" * 40000)) # too long: no answer, for that mode has none
s.sendall(frame(b"vKill;1"))
assert heard(s, 6) == b"$OK#9a"
END
    ended 0
else
    kill $trapeze
    wait $trapeze || true
fi

# --- at the monitor's prompt: GDB has the guest while it is there
mkfifo typed
rm -f socket
timeout -k 5 $patience "$TRAPEZE" monitor -q -gdb unix:socket <typed >guest.out 2>guest.err &
trapeze=$!
exec 7>typed
listens $trapeze || fail "the monitor does not listen"
debug "$elf" <<'END'
target remote socket
break kernel_main
continue
detach
END
shows "Breakpoint 1, kernel_main"
echo 'p $pc == kernel_main || $pc > kernel_main && $pc < kernel_main + 64' >&7
echo 'quit' >&7
exec 7>&-
ended 0
grep -q "GDB has come" guest.out && grep -q "GDB has gone" guest.out && grep -q '= 1' guest.out || fail "the prompt after GDB"
