#!/usr/bin/env bash
# install.sh BUILD - what `cmake --install` puts in a prefix works from there, wherever that is moved: the command, the examples
# that came with it and the scripts among them, the library through pkg-config.
build=$1
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
unset TRAPEZE # the installed one is meant
cmake --install "$build" --prefix "$work/first" >"$work/install.out" || fail "cmake --install"
mv "$work/first" "$work/moved"
prefix=$work/moved
examples=$prefix/share/trapeze/examples
cd "$work"

"$prefix/bin/trapeze" run >hello.out 2>hello.err || fail "the carried guest"
expect hello "user: process 2 found"
"$prefix/bin/trapeze" run -M pg "$examples/pg/hello.pg" >pg.out 2>pg.err || fail "hello.pg"
expect pg "Hello from <E, M, P, R>."
"$prefix/bin/trapeze" run --depth 2 "$examples/hypervisor.elf" >hypervisor.out 2>hypervisor.err || fail "hypervisor.elf"
expect hypervisor "user: process 2 found"
"$prefix/bin/trapeze" run -M ia32 --bare -append "ticks off" "$examples/pc.elf" >pc.out 2>pc.err || fail "pc.elf"
expect pc "the timer has ticked three times"
for guest in hello busy switch hypervisor; do # those whose source GDB finds where it is installed
    cmp "$examples/$guest.elf" "$build/examples/shipped/$guest.elf" || fail "$guest.elf is the build folder's own"
done

"$prefix/bin/trapeze" tutorial --list >lessons.out && grep -q "lesson 6" lessons.out || fail "the lessons"

# An assignment is made, built against the installed headers, and checked.
"$prefix/bin/trapeze" lab new dispatch student >lab.out 2>&1 || fail "lab new"
grep -qF "INCLUDE = $prefix/bin/../include/trapeze" student/Makefile || fail "the installed headers are not those of the Makefile"
status=0; "$prefix/bin/trapeze" lab check student >lab.out 2>&1 || status=$?
[ $status = 1 ] && grep -q '^0 of 9 stages passed' lab.out || fail "lab check of the skeleton: status $status"
cp "$examples/labs/dispatch/teacher/solution.c" student/vmm.c
"$prefix/bin/trapeze" lab check student >lab.out 2>&1 || fail "lab check of the solution"
# ... and by pkg-config alone, where the headers do not lie beside the command.
sed -i 's/^INCLUDE = .*/INCLUDE =/' student/Makefile; touch student/vmm.c
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name trapeze.pc)") "$prefix/bin/trapeze" lab check student >lab.out 2>&1 || fail "lab check by pkg-config"

# Completion lies where each shell looks, and asks the command that was installed.
for file in bash-completion/completions/trapeze zsh/site-functions/_trapeze fish/vendor_completions.d/trapeze.fish; do
    grep -q 'complete-words' "$prefix/share/$file" || fail "no completion in share/$file"
done
completed=$(PATH=$prefix/bin:$PATH bash --norc -c '. "$1"; COMP_LINE="trapeze tutorial ste" COMP_POINT=20; _trapeze; echo "${COMPREPLY[@]}"' \
    bash "$prefix/share/bash-completion/completions/trapeze")
[ "$completed" = stepping ] || fail "the installed completion says '$completed', not stepping"
status=0; "$prefix/bin/trapeze" doctor >doctor.out || status=$?
[ $status = 0 ] && grep -qF "share/trapeze/examples/demos" doctor.out || fail "trapeze doctor finds the installed tree unfit: status $status"

# A day in class: another folder, an empty home, nothing of the build. A demonstration, a copy of one, the student's own make, the manual.
mkdir home elsewhere
lone() { (cd elsewhere && env -i HOME="$work/home" TERM=dumb PATH="$prefix/bin:/usr/bin:/bin" "$@") >lone.out 2>&1 || fail "$*: $(tail -3 lone.out)"; }
lone trapeze demo devices --batch && grep -q '| Hi!' lone.out || fail "the demonstration devices prints no Hi!"
cp -r "$examples/demos/devices" elsewhere/mine
lone trapeze demo ./mine --batch
lone trapeze lab new scheduler homework --student eve
cp "$examples/labs/scheduler/teacher/solution.c" elsewhere/homework/vmm.c
lone make -C homework check && grep -q '^5 of 5 stages passed' lone.out || fail "make check of the solution"
if command -v man >/dev/null; then
    lone man -w trapeze-demo trapeze-glossary
    [ "$(xargs realpath <lone.out | tr '\n' ' ')" = "$prefix/share/man/man1/trapeze-demo.1 $prefix/share/man/man7/trapeze-glossary.7 " ] ||
        fail "man finds other pages: $(cat lone.out)"
fi
status=0; (cd elsewhere && HOME=$work/home XDG_STATE_HOME='' "$prefix/bin/trapeze" tutorial --check) >lone.out 2>&1 || status=$?
[ $status = 1 ] && grep -q '0 of 3' lone.out || fail "tutorial --check of who has not begun: status $status"
[ -z "$(ls -A home)" ] || fail "it leaves something in the home: $(ls -A home)"

# The scripts find the command beside them; without it they say what is missing.
. "$examples/packages.sh"
[ "$(trapeze_command)" -ef "$prefix/bin/trapeze" ] || fail "the scripts do not find the installed command"
mv "$prefix/bin/trapeze" kept
status=0; bash "$examples/riscv/linux.sh" >without.out 2>without.err || status=$?
[ $status = 1 ] && grep -q 'the command trapeze is not there' without.err || fail "without the command: status $status"
mv kept "$prefix/bin/trapeze"
status=0; bash "$examples/riscv/linux.sh" monitor nothing >wrong.out 2>wrong.err || status=$?
[ $status = 2 ] && grep -q "there is no 'nothing' to boot" wrong.err || fail "a wrong word: status $status"

(cd / && bash "$examples/ia32/linux.sh" monitor nothing) >wrong.out 2>wrong.err || status=$?
[ $status = 2 ] && grep -q "there is no 'nothing' to boot" wrong.err || fail "a wrong word for a PC: status $status"

# The library is usable by its pkg-config file alone.
cat >use.c <<'EOF'
#include "isa/riscv.h"
int main(void) { return isa_riscv.row_count > 100 ? 0 : 1; }
EOF
pc=$(find "$prefix" -name trapeze.pc)
flags=$(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --static --cflags --libs trapeze) || fail "pkg-config"
cc -o use use.c $flags >cc.out 2>&1 && ./use || fail "the library"

# A package has the same, from any generator that needs no root: the archive's command runs where it is unpacked.
cpack --config "$build/CPackConfig.cmake" -G TGZ -B "$work/package" >cpack.out 2>&1 || fail "cpack"
mkdir unpacked && tar -xzf "$work"/package/*.tar.gz -C unpacked
packed=$(find unpacked -path '*bin/trapeze')
if command -v dpkg-deb >/dev/null; then
    cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/package" >cpack.out 2>&1 || fail "cpack -G DEB"
    dpkg-deb --fsys-tarfile "$work"/package/*.deb | tar -t | grep -v '/$' | sed 's,^\./,,' | sort >deb.list
    (cd unpacked/* && find . ! -type d | sed 's,^\./,,' | sort) | diff deb.list - || fail "the packages DEB and TGZ differ"
fi
"$packed" run >packed.out 2>packed.err || fail "the packaged command"
for file in share/man/man1/trapeze-monitor.1 share/man/man7/trapeze-glossary.7 share/bash-completion/completions/trapeze share/zsh/site-functions/_trapeze share/fish/vendor_completions.d/trapeze.fish \
    share/trapeze/examples/hello.elf share/trapeze/examples/lessons/stepping/script \
    share/trapeze/examples/labs/dispatch/handout/vmm.c share/man/man1/trapeze-lab.1; do
    [ -e "$(dirname "$packed")/../$file" ] || fail "the package lacks $file"
done
command -v man >/dev/null && { man -l "$prefix/share/man/man7/trapeze-glossary.7" 2>man.err | grep -q 'dispatcher' || fail "the glossary's page"; [ ! -s man.err ] || fail "man complains: $(cat man.err)"; } || true
