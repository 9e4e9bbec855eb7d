#!/usr/bin/env bash
# `trapeze doctor` says what is so: each check is shown the thing it looks for, and then the thing gone or damaged.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# An installed tree of our own, to break. The command looks beside itself.
mkdir -p prefix/bin prefix/share/trapeze home path
cp "$TRAPEZE" prefix/bin/trapeze
cp -r "$(dirname "$TRAPEZE")/examples" prefix/share/trapeze/examples
TRAPEZE=$work/prefix/bin/trapeze
examples=$work/prefix/share/trapeze/examples
unset XDG_STATE_HOME XDG_CACHE_HOME
export HOME=$work/home TERM=xterm LINES=24

# says_of STATE NAME TEXT: the line of that name has that state, and that text.
says_of() {
    grep -E "^$1 +$2: " out >line || { grep -F " $2: " out >line || true; fail "$2 is not '$1' but: $(cat line)"; }
    grep -qF -- "$3" line || fail "$2 does not say: $3"
}
# breaks WHAT NAME TEXT: the doctor finds the fault, and no other.
breaks() {
    t 1 doctor
    says_of FAULT "$2" "$3"
    [ "$(grep -c '^FAULT' out)" = 1 ] || fail "$1: more than one fault"
    shows "1 of what belongs to trapeze does not work."
}

# --- all is well
t 0 doctor; quiet; shows "All that belongs to trapeze works."
! grep -q '^FAULT' out || fail "a fault, and status 0"
says_of ok demonstrations "$(ls -d "$examples"/demos/*/ | grep -vc CMakeFiles) of them"
says_of ok lessons "7 of them"
says_of note assignments "$("$TRAPEZE" lab | grep -c " min ") of them"; says_of note assignments "pkg-config"
mkdir -p prefix/include/trapeze/core; : >prefix/include/trapeze/core/assignment_turns.h
t 0 doctor; says_of ok assignments "headers in $work/prefix/bin/../include/trapeze"
for guest in 'carried guest' 'guest hello' 'guest switch' 'guest hypervisor' 'guest getmode.pg'; do says_of ok "$guest" "runs in a virtual machine"; done
says_of ok 'state folder' "$HOME/.local/state/trapeze"
says_of ok 'cache folder' "$HOME/.cache/trapeze"
[ -z "$(ls -A home)" ] || fail "it left something behind: $(ls -A home)"

# --- guests, scripts
mv "$examples/switch.elf" kept; breaks "no guest" "guest switch" "No such file"; mv kept "$examples/switch.elf"
cp "$examples/hypervisor.elf" kept; truncate -s 3000 "$examples/hypervisor.elf"
breaks "half a guest" "guest hypervisor" "does not run"; mv kept "$examples/hypervisor.elf"
cp "$examples/hello.elf" kept; words "$examples/hello.elf" 0x001002b7 0x002a3337 0x33330313 0x0062a023 0x0000006f
breaks "a guest that fails" "guest hello" "exit status"; mv kept "$examples/hello.elf"
cp "$examples/demos/trap/script" kept; echo '~ nothing(' >>"$examples/demos/trap/script"; echo '= no question' >>"$examples/demos/trap/script"
breaks "a damaged script" demonstrations "demos/trap/script:"; mv kept "$examples/demos/trap/script"
mv "$examples/lessons" kept; breaks "no lessons" lessons "share/trapeze/examples/lessons"; mv kept "$examples/lessons"
mv "$examples/labs" kept; breaks "no assignments" assignments "share/trapeze/examples/labs"; mv kept "$examples/labs"
mv "$examples" kept; t 1 doctor; says_of FAULT demonstrations "install trapeze whole"; says_of ok 'carried guest' "runs"; mv kept "$examples"
t 0 doctor

# --- folders
: >plain
XDG_STATE_HOME=$work/plain breaks "a file" "state folder" "Not a directory"
XDG_STATE_HOME=/proc breaks "a folder that nobody writes to, root not either" "state folder" "/proc/trapeze cannot be written"
XDG_CACHE_HOME=/proc breaks "likewise" "cache folder" "/proc/trapeze cannot be written"
if [ "$(id -u)" != 0 ]; then
    mkdir -p shut; chmod 555 shut
    XDG_STATE_HOME=$work/shut breaks "a folder of another" "state folder" "Permission denied"
fi
HOME='' t 1 doctor
says_of FAULT 'state folder' "neither XDG_STATE_HOME nor HOME names a folder"
says_of FAULT 'cache folder' "neither XDG_CACHE_HOME nor HOME names a folder"
HOME='' XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache t 0 doctor
[ ! -e state ] && [ ! -e cache ] || fail "it makes folders"

# --- what is fetched
says_of note Linux "not fetched yet"; says_of note OpenSBI "not fetched yet"
package=cache/trapeze/trixie-riscv64/opensbi file=usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin
mkdir -p "$package/$(dirname $file)"; echo x >"$package/$file"
export XDG_CACHE_HOME=$work/cache
t 0 doctor; says_of note OpenSBI "not fetched yet" # not whole
: >"$package/.complete"
t 0 doctor; says_of ok OpenSBI "fetched: $work/$package/$file"
: >"$package/$file"
breaks "an empty file" OpenSBI "$package, and linux.sh fetches it again"
rm -r cache; unset XDG_CACHE_HOME

# --- programs: found, there but not to be run, a folder, not found
for name in gdb-multiarch qemu-system-riscv64 make cc man apt-get dpkg-deb flock; do
    printf '#!/bin/sh\n' >"path/$name"; chmod +x "path/$name"
    PATH="$work/path:/usr/bin:/bin" t 0 doctor; says_of ok $name ""
    rm "path/$name"
done
bare() { local status=0; PATH=$work/path "$TRAPEZE" doctor >out 2>err </dev/null || status=$?; hash -r; [ $status = 0 ] || fail "a program that is missing is no fault"; }
bare; says_of note gdb-multiarch "package gdb-multiarch"; says_of note qemu-system-riscv64 "package qemu-system-misc"; says_of note man "package man-db"
says_of note make "package make"; says_of note cc "package gcc"
: >path/man; chmod 644 path/man; mkdir path/flock
bare; says_of note man "not found"; says_of note flock "not found"

# --- the terminal
TERM=dumb t 0 doctor; says_of note 'terminal type' "TERM=dumb"
TERM='' t 0 doctor; says_of note 'terminal type' "TERM is not set"
says_of note terminal "no terminal here"
t 0 doctor
says_of ok 'terminal type' xterm
if grep -q '^ok .*ncurses' out; then TERM=no-such-type t 0 doctor; says_of note 'terminal type' "package ncurses-term"; fi
COLUMNS=79 t 0 doctor; grep -q '^note *terminal size: 79 columns' out || fail "79 columns are enough"
COLUMNS=80 t 0 doctor; grep -q '^ok *terminal size: 80 columns and 24 rows' out || fail "80 columns are not enough"
COLUMNS=40 t 0 doctor; ! grep -qE '.{41}' out || fail "a line of more than 40 columns"

# --- a library that is there and does not load
t 0 doctor
if grep -q '^ok *Capstone' out; then
    mkdir broken; : >"broken/$(sed -n 's/^ok *Capstone: \([^ ]*\) loads.*/\1/p' out)"
    LD_LIBRARY_PATH=$work/broken t 0 doctor; says_of note Capstone "package libcapstone5"
fi
libraries=$(ldd "$TRAPEZE")
for part in Readline:libreadline ncurses:libncurses libdw:libdw; do
    wanted=note; grep -q "${part#*:}" <<<"$libraries" && wanted=ok
    t 0 doctor; says_of $wanted "${part%:*}" "built in"
done

# --- as JSON; usage; time
sed -n 's/^\(ok\|note\|FAULT\)  *\([^:]*\):.*/\2/p' out >names
t 0 doctor --json; quiet; shows '"schema": 1'; shows '"fit": true'
[ "$(wc -l <out)" = 1 ] || fail "more than one line of JSON"
while read -r name; do shows "{\"name\": \"$name\", \"state\": \""; done <names
HOME='' t 1 doctor --json; shows '"fit": false'; shows '"name": "state folder", "state": "fault"'
t 2 doctor well; says "doctor takes no 'well'"
t 2 doctor --jsn; says "is --json meant?"
t 0 doctor --help; shows "Exit status"
