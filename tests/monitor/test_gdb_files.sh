#!/usr/bin/env bash
# What a stranger at the debugger's port can do: nothing, if he does not speak GDB's protocol; and with it no more to this host's files
# than -gdb-files allows. A second debugger is told why it cannot stay.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

t 2 run -gdb-files .; says "-gdb-files is for a debugger, and none can come in"
t 2 run -s -gdb-files /no/such/folder; says "the option -gdb-files: /no/such/folder: No such file or directory"
t 2 run -s -gdb-files exit0.bin; says "the option -gdb-files: exit0.bin is no folder"
t 2 verify -gdb-files .; says "verify takes no debugger"
t 0 help run; shows "-gdb-files FOLDER"
t 0 help monitor; shows "-gdb-files FOLDER"
python=$(command -v python3) || skip "python3 is not here"

mkdir allowed allowed/below allowedly outside # allowedly is none of what is below allowed
echo 'kept' >outside/file
echo '0000000080200000 T somewhere' >allowed/below/list.map
ln -s ../outside allowed/way-out
ln -s ../outside/file allowed/link
mkfifo allowed/pipe
cat >client.py <<'END'
import socket, sys
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect("socket")
    s.settimeout(1200)
    return s
def frame(body):
    return b"$" + body + b"#%02x" % (sum(body) & 255)
def heard(s):
    """Bodies up to OK, the console's text decoded."""
    text, data = "", b""
    while True:
        while data.count(b"#") == 0 or len(data) < data.index(b"#") + 3:
            more = s.recv(4096)
            assert more, "hung up"
            data += more
        start, end = data.index(b"$"), data.index(b"#")
        body, data = data[start + 1:end], data[end + 3:]
        if body == b"OK":
            return text.strip()
        text += bytes.fromhex(body[1:].decode()).decode() if body[:1] == b"O" else body.decode()
def monitor(s, line):
    s.sendall(frame(b"qRcmd," + line.encode().hex().encode()))
    return heard(s)
END
# serve ARGUMENT...: a guest that spins, and the Python program on stdin as its debugger.
serve() {
    local status=0
    rm -f socket
    timeout -k 5 $patience "$TRAPEZE" run spin.bin --max-insns 1000G -S -gdb unix:socket "$@" >guest.out 2>guest.err </dev/null &
    local trapeze=$!
    listens $trapeze || fail "trapeze does not listen"
    { cat client.py; cat; } >program.py
    timeout -k 5 $patience "$python" program.py >out 2>err || status=$?
    [ $status = 0 ] || { kill $trapeze; fail "the debugger's program"; }
    wait $trapeze || true
}

# --- another protocol: one byte, and the line is dead; what follows it is never looked at
serve <<'END'
for head in (b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"G", b"\x16\x03\x01", b"\n", b"+ "):
    s = connect()
    try:
        s.sendall(head + frame(b"qRcmd," + b"savevm outside/file".hex().encode()))
        said = s.recv(100)
    except ConnectionError:
        said = b""
    assert said == b"", (head, said)
    s.close()
s = connect()
s.sendall(b"+++-" + frame(b"qAttached")) # what a debugger may begin with
assert s.recv(1) == b"+"
s.sendall(b"x")                          # and between two packets, too
rest = b"?"
try:
    while rest:
        rest = s.recv(100)
except ConnectionError:
    pass
s.close()
s = connect()
s.sendall(frame(b"vKill;1"))
s.recv(10)
END
[ "$(cat outside/file)" = kept ] || fail "a stranger has written a file"

# --- a debugger without -gdb-files: no file at all
serve <<'END'
s = connect()
for line in ("savevm x", "savevm /etc/x", "loadvm x", "log traps x", "add-symbol-file allowed/below/list.map"):
    said = monitor(s, line)
    assert "a remote debugger may not name files of this host; -gdb-files FOLDER allows" in said, (line, said)
assert "use GDB's own command" in monitor(s, "source x")
assert monitor(s, "log traps off") == ""
s.sendall(frame(b"vKill;1"))
s.recv(10)
END
[ ! -e x ] || fail "a file was written"

# --- with it: those of the folder, and no way out
serve -gdb-files allowed <<'END'
import os
s = connect()
assert monitor(s, "savevm state").startswith("state: the guest after 0 instructions"), "savevm"
assert os.path.getsize("allowed/state") > 0
assert monitor(s, "loadvm state").startswith("state: the guest is where it was"), "loadvm"
assert monitor(s, "savevm %s/allowed/below/deep" % os.getcwd()).endswith("after 0 instructions")
assert os.path.exists("allowed/below/deep")
assert monitor(s, "add-symbol-file below/list.map") .endswith("list.map: 1.")
assert monitor(s, "log traps traps.txt") == "" and monitor(s, "log traps off") == ""
assert os.path.exists("allowed/traps.txt")
for line, why in (("savevm ../outside/file", "no '..'"), ("savevm below/../../outside/file", "no '..'"), ("log traps ..", "no '..'"),
                  ("savevm way-out/file", "not below the folder"), ("log traps way-out/file", "not below the folder"),
                  ("savevm %s/outside/file" % os.getcwd(), "not below the folder"), ("savevm /etc/passwd", "not below the folder"),
                  ("savevm link", "plain files only"), ("log traps link", "plain files only"), ("savevm below", "plain files only"),
                  ("loadvm pipe", "plain files only"), ("savevm %s/allowedly/x" % os.getcwd(), "not below the folder"),
                  ("savevm none/x", "its folder cannot be found"), ("savevm %s/allowed/" % os.getcwd(), "not below the folder")):
    said = monitor(s, line)
    assert why in said, (line, said)
s.sendall(frame(b"vKill;1"))
s.recv(10)
END
[ "$(cat outside/file)" = kept ] && [ "$(ls outside)" = file ] || fail "a debugger has written outside its folder"

# --- a second one
serve <<'END'
first = connect()
first.sendall(frame(b"qAttached"))
assert first.recv(100)[:1] == b"+"
for n in range(20):
    second = connect()
    second.sendall(frame(b"qSupported"))
    said = b""
    while True:
        more = second.recv(100)
        if not more:
            break
        said += more
    assert said == b"+" + frame(b"E.this guest has a debugger already"), said
    if n % 2: # some stay: each makes room for the next
        second.close()
first.sendall(frame(b"vKill;1"))
first.recv(10)
END
