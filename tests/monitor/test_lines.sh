#!/usr/bin/env bash
# Source lines: list, the text at stops, step, next, until, and back; where files are found; run and detach.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
guests=$(dirname "$TRAPEZE")/tests
[ -f "$guests/types_O0.elf" ] || skip "$guests/types_O0.elf is not here"
elf=$guests/types_O0.elf
t 0 monitor --batch -ex p "$elf"
"$TRAPEZE" monitor --batch -ex 'info line _start' "$elf" >out 2>&1 || skip "this trapeze was built without libdw"
source=$(sed -n 's/^Located in //p' <("$TRAPEZE" monitor --batch -ex 'info source' "$elf"))
main=$(dirname "$source")/main.c
[ -f "$main" ] || fail "info source does not say where the source is"
# line TEXT: the number of the first line of main.c that has it.
line() { grep -nF -- "$1" "$main" | head -1 | cut -d: -f1; }
# at TEXT...: the lines that were stopped at are these, in order.
at() {
    local wanted=() text
    for text; do
        [ "$text" = + ] && wanted+=($((wanted[-1] + 1))) || wanted+=("$(line "$text")") # +: the line behind it
    done
    grep -oE '^[0-9]+	' out | tr -d '\t' >lines
    [ "$(tr '\n' ' ' <lines)" = "${wanted[*]} " ] || fail "stopped at $(tr '\n' ' ' <lines), not at ${wanted[*]}"
}
say() { t 0 monitor -q --bare --batch "$@" "$elf"; }

# --- list
say -ex 'list main'
[ "$(wc -l <out)" = 10 ] && grep -q "^$(line 'int main(void)')	int main(void)$" out || fail "list main"
say -ex 'list main.c:7' -ex list -ex 'list -' -ex 'list 3,5'
[ "$(cut -f1 out | tr '\n' ' ')" = "$(echo {2..21} {2..11} 3 4 5) " ] || fail "list goes on, and back"
t 1 monitor -q --batch -ex 'list main.c:100000' "$elf"; grep -q 'out of range' err || fail "a line beyond the end"
t 1 monitor -q --batch -ex 'list nosuch.c:1' "$elf"; grep -q 'No source file named nosuch.c' err || fail "a file that is not there"

# --- steps
say -ex 'b main' -ex c -ex n -ex n -ex n -ex n -ex n -ex n
at 'struct point origin = {3, 4}' 'long result = 0;' 'matrix_t *m = &matrix;' '__asm__ volatile("" : "+r"(where), "+r"(m)' '    fill();' \
    + 'int inner = counter + 1;'
say -ex "b main.c:$(line '    fill();')" -ex c -ex s
grep -q "^$(line 'for (unsigned i = 0; i < 3')	" out || fail "step into a function stops behind its frame"
say -ex "b main.c:$(line '        callee(inner);')" -ex c -ex s -ex n -ex n -ex n
grep -q "^$(line 'counter += n;')	" out && grep -q "^$(line 'result += copy.at.x;')	" out || fail "into a function, and out of it again"
say -ex "b main.c:$(line '        callee(inner);')" -ex c -ex s -ex finish -ex n
grep -q "^$(line 'result += copy.at.x;')	" out || fail "next behind finish"
# a loop, left by until
say -ex "b main.c:$(line 'n->bytes[k] = (uint8_t)')" -ex c -ex d -ex until -ex until -ex until
grep -q "^$(line 'for (unsigned k = 0; k < 5')	" out || fail "until leaves the loop"
# backwards
say -ex "b main.c:$(line 'result += copy.at.x;')" -ex c -ex rn -ex rn -ex 'p inner == counter + 1' -ex rs
grep -q "^$(line '        callee(inner);')	" out && grep -q '^\$1 = 1$' out || fail "back over a call"
# si keeps to instructions, and says the line when it is another one
say -ex "b main.c:$(line '    fill();')" -ex c -ex si -ex si
[ "$(grep -oE '^[0-9]+	' out | tr -d '\t\n')" = "$(line '    fill();')$(($(line 'static void fill(void)') + 1))" ] || fail "si"

# --- from the beginning again; to the end
say -ex 'b callee' -ex c -ex 'p counter' -ex run -ex 'p counter' -ex 'info registers pc'
[ "$(grep -c '^Breakpoint 1, ' out)" = 2 ] && grep -q '^\$2 = 41$' out || fail "run"
t 0 monitor -q --bare --batch -ex 'b callee' -ex c -ex detach -ex 'p 77' "$elf"
shows "powered off with status 0"; ! grep -q '= 77' out || fail "detach stays"
t 42 monitor -q --bare --batch -ex detach exit42.bin

# --- a folder of one's own comes before those of the command
mkdir -p elsewhere
sed 's/int counter = 41;/int counter = 41; \/\/ elsewhere/' "$main" >elsewhere/main.c
root=${main%/tests/monitor/types/main.c}
sed "s|$root|$(echo "$root" | tr 'a-z' 'A-Z')|g" "$elf" >moved.elf # nothing is there
t 0 monitor -q --batch -ex "list main.c:$(line 'int counter = 41;')" -ex 'directory elsewhere' -ex "list main.c:$(line 'int counter = 41;')" moved.elf
shows "Source directories searched: elsewhere:"
[ "$(grep -c 'int counter = 41; // elsewhere$' out)" = 1 ] || fail "directory"

# --- GDB finds the carried guest's source, from any folder
if command -v gdb-multiarch >/dev/null; then
    hello=$(dirname "$TRAPEZE")/examples/hello.elf
    gdb-multiarch -q -nx -batch -ex 'list kernel_main' "$hello" >out 2>&1 || true
    grep -qE '^[0-9]+	_Noreturn void kernel_main' out || fail "GDB does not find the source of hello.elf"
fi
t 0 monitor -q --batch -ex 'list kernel_main'; grep -qE '^[0-9]+	_Noreturn void kernel_main' out || fail "the carried guest's source"
! grep -qF "$(dirname "$(dirname "$main")")" "$(dirname "$TRAPEZE")/examples/shipped/hello.elf" || fail "what is shipped names a folder of this host"

# --- a file that came through a pipe is called what the person called it
for option in "" "-kernel" "-bios"; do
    t 0 monitor -q --batch -ex 'info files' -ex 'info address main' -ex 'info symbols main' $option <(cat "$elf")
    quiet
    [ "$(grep -cE '/dev/fd/[0-9]+(\.$|:$| )' out)" = 3 ] || fail "a pipe as ${option:-a word} is not called by its name"
    ! grep -q '/proc/self' out || fail "names of our own"
done
