#!/usr/bin/env bash
# Variables, types, frames: what the monitor says of a guest's program is what GDB says at the same stop, word for word; compiled without
# optimisation, with a little, and with all of it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
guests=$(dirname "$TRAPEZE")/tests
[ -f "$guests/types_O0.elf" ] || skip "$guests/types_O0.elf is not here"
"$TRAPEZE" monitor --batch -ex 'info line _start' "$guests/types_O0.elf" >out 2>&1 || skip "this trapeze was built without libdw"
command -v gdb-multiarch >/dev/null || skip "gdb-multiarch is not here (package gdb-multiarch)"

globals="counter nodes nodes[1] nodes[0].at nodes[2].call matrix greeting zeros negative high letter mode strange nowhere text numbers
    nodes[1].letters nodes[0].next->next->bytes nodes[0].word nodes[0].byte nodes[0].low nodes[0].middle nodes[0].wide *nodes[0].next
    &nodes[1] &counter &nodes[1].at &matrix nodes[0].name[1] *nodes[0].name counter+2 numbers[11] nodes[1].next BLUE
    *(struct_point_*)&nodes[0].at ((struct_node_*)&nodes[1])->color"
formats="/x_nodes[0].at /x_matrix /d_high /c_numbers[0] /x_mode /t_mode /o_zeros /x_nodes[1].letters /x_nodes[0].low /d_nodes[1]
    /a_nodes[0].call /x_text /u_negative /s_greeting /f_nodes[0].ratio"
types="nodes node_t struct_node matrix mode text nodes[0].call zeros counter nodes[0].device struct_point matrix_t nodes[0].next"

# The commands of a stop, for both.
look() {
    for thing in $globals; do echo "p ${thing//_\*/ *}" | sed 's/(struct_/(struct /'; done
    for thing in $formats; do echo "p${thing/_/ }"; done
    for thing in $types; do echo "whatis ${thing/struct_/struct }"; echo "ptype ${thing/struct_/struct }"; done
    for up in 1 2 3; do printf 'up\necho LOCALS\\n\ninfo locals\necho ARGS\\n\ninfo args\n'; done
}
expressions() { look | grep -E '^(p|whatis|ptype)'; }

# $N and the path to the source differ; the two spell "nothing" alike.
normal() { sed -E 's/^\$[0-9]+ = /= /' | grep -vE '@entry|^(Temporary )?[Bb]reakpoint|^warning' || true; }

for level in 0 1 2; do
    elf=$guests/types_O$level.elf
    {
        echo "b *here"
        echo "b *sum" # of an argument only a piece is left
        for stop in 1 2 3 4 5; do
            echo c
            echo "print $stop$stop$stop"
            echo "info ar" # at the first instruction of sum they are all where the caller has put them: not what is meant by entry values
            look | sed '/^echo/d'
        done
    } >commands
    # one line for each command: its number and all it said, so that the two can be laid side by side
    timeout -k 5 $patience "$TRAPEZE" monitor -q --bare -json "$elf" <commands >monitor.json 2>monitor.err || true # some of them fail, in both
    {
        printf 'set pagination off\nset confirm off\nset style enabled off\nset width 0\nset charset ASCII\nset backtrace past-main on\n'
        printf 'set remotetimeout %d\ntarget remote socket\n' $patience # GDB's own two seconds are too few on a busy machine
        echo 'python'
        cat <<'END'
import json
for line in open("commands"):
    line = line.strip()
    try:
        said = gdb.execute(line, to_string=True)
    except gdb.error as e:
        said = "ERROR " + str(e)
    print("@@" + json.dumps([line, said]))
END
        echo end
        echo kill
    } >script.gdb
    rm -f socket
    timeout -k 5 $patience "$TRAPEZE" run --bare -S -gdb unix:socket "$elf" >guest.out 2>guest.err </dev/null &
    trapeze=$!
    listens $trapeze || { cat guest.err; fail "trapeze does not listen"; }
    timeout -k 5 $patience gdb-multiarch -q -nx -batch -x script.gdb "$elf" >gdb.out 2>&1 </dev/null || { cat gdb.out; kill $trapeze; fail "gdb-multiarch"; }
    wait $trapeze || true
    python3 - $level <<'END' || fail "-O$level: not what GDB says"
import json, re, sys
ours = [json.loads(line) for line in open("monitor.json") if line.startswith("{") and '"command"' in line]
theirs = [json.loads(line[2:]) for line in open("gdb.out") if line.startswith("@@")]
def text_of(o):
    if "error" in o:
        return "ERROR " + o["error"]
    if "value" in o:
        return "= " + o["value"]
    return o.get("text", "").rstrip()
def plain(text):
    text = "\n".join(l for l in text.rstrip().split("\n") if "@entry" not in l)
    text = text.replace("<synthetic pointer>", "<optimized out>") # of a piece that is nowhere
    return re.sub(r"^\$\d+ = ", "= ", text)
def but_entry_values(mine, its):
    """GDB also finds what an argument was at entry by the caller's call site; the monitor says that it is optimized out."""
    a, b = mine.split("\n"), its.split("\n")
    return len(a) == len(b) and all(x == y or x == y.split(" = ")[0] + " = <optimized out>" for x, y in zip(a, b))
bad = same = 0
ours = {i: o for i, o in enumerate(ours)}
assert len(ours) == len(theirs), (len(ours), len(theirs))
for i, (line, said) in enumerate(theirs):
    o = ours[i]
    assert o["command"] == line, (o["command"], line)
    if line in ("c", "up", "b *here", "b *sum"):
        continue
    mine, its = text_of(o), plain(said)
    nothing = its.startswith("ERROR") or (line.startswith("info") and its.startswith("No "))
    if mine.startswith(("ERROR", "No ")) and nothing:
        continue
    if mine == its:
        same += 1
    elif line == "info args" and sys.argv[1] != "0" and but_entry_values(mine, its):
        continue
    else:
        bad += 1
        print("%s\n  monitor: %s\n  gdb:     %s" % (line, mine, its))
print("-O%s: %d alike, %d not" % (sys.argv[1], same, bad))
sys.exit(bad > 0 or same < 200)
END
done
