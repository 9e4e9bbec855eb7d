#!/usr/bin/env bash
# Debugging information that is damaged: whatever a file says, the monitor goes on. Seeded; bytes of the debug sections are replaced, and
# some of them by what makes types and scopes refer to themselves.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
guests=$(dirname "$TRAPEZE")/tests
[ -f "$guests/types_O2.elf" ] || skip "$guests/types_O2.elf is not here"
python=$(command -v python3) || skip "python3 is not here"
cat >commands <<'END'
b *here
c
bt
info frame
info locals
info args
up
info locals
info args
p nodes
p/x nodes[1]
p matrix
p &nodes[0].at
p *nodes[0].next
p numbers
p zeros
p mode
p counter + 1
p ((struct node *)&nodes[1])->color
ptype nodes
ptype struct node
ptype matrix_t
whatis nodes[0].call
list main
list main.c:20
info source
info line main
b main.c:100
next
step
reverse-next
up 5
info locals
c
p result
END
rounds=${ROUNDS:-120}
"$python" - "$guests" "$rounds" <<'END' || fail "damaged debugging information"
import random, struct, subprocess, os, sys
folder, rounds = sys.argv[1], int(sys.argv[2])
commands = open("commands").read()
random.seed(1974)
def sections(data):
    offset, = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3a)
    table = [struct.unpack_from("<IIQQQQIIQQ", data, offset + i * size) for i in range(count)]
    at = table[names][4]
    return {data[at + s[0]:data.index(b"\0", at + s[0])].decode(): (s[4], s[5]) for s in table}
for n in range(rounds):
    path = "%s/types_O%d.elf" % (folder, n % 3)
    data = bytearray(open(path, "rb").read())
    debug = [s for name, s in sections(data).items() if name.startswith(".debug_") and s[1] and "str" not in name]
    at, size = debug[n % len(debug)] if n % 2 else sections(data)[".debug_info"]
    for _ in range(random.choice((1, 3, 30, 300))):
        where = at + random.randrange(size)
        if random.random() < 0.5:
            data[where] = random.choice((0, 1, 0x7f, 0x80, 0xff, data[where] ^ 1 << random.randrange(8)))
        else:
            data[where:where + 4] = struct.pack("<I", random.randrange(size)) # a reference to elsewhere
    if n == 0:
        data[at:at + size] = bytes(random.randrange(256) for _ in range(size))
    open("damaged.elf", "wb").write(data)
    try:
        r = subprocess.run([os.environ["TRAPEZE"], "monitor", "-q", "--bare", "--max-insns", "100000", "damaged.elf"],
                           input=commands.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    except subprocess.TimeoutExpired:
        print("round %d of %s: it hangs" % (n, path))
        sys.exit(1)
    if r.returncode not in (0, 1) or b"ERROR: AddressSanitizer" in r.stderr or b"runtime error" in r.stderr:
        print("round %d of %s: status %d\n%s" % (n, path, r.returncode, r.stderr.decode(errors="replace")[-3000:]))
        sys.exit(1)
END
