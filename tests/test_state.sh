#!/usr/bin/env bash
# test_state.sh CC OBJDUMP OBJECT... - nothing below monitor/ keeps state at file scope (a second machine would share it) and
# nothing there can end the process or jump out of a call (a guest could make it). Read from the objects, so that macros, statics
# inside functions and tentative definitions count too. assert() alone may stop: it is for our own bugs.
# Then it compiles violations and demands that each is found. Status 77: instrumented objects, whose own counters would be found.
set -euo pipefail
cc=$1 objdump=$2
shift 2

forbidden='exit|_exit|_Exit|quick_exit|abort|raise|kill|pthread_exit|pthread_kill|err|errx|verr|verrx|error|_?setjmp|(__)?sigsetjmp|_?longjmp|siglongjmp|__longjmp_chk'

# check OBJECT...: prints a line for each violation; fails when there is one. Constants that hold addresses stand in .data.rel.ro:
# the linker makes them read-only.
check() {
    "$objdump" -h -t "$@" | awk -v forbidden="^($forbidden)\$" '
    function violation(what) { printf "%s: %s\n", object, what; found = 1 }
    function writable(section) { return section ~ /^\.(data|bss|sdata|sbss|ldata|lbss|tdata|tbss)/ && section !~ /^\.data\.rel\.ro/ }
    $2 == "file" && $3 == "format" { object = $1; sub(/:$/, "", object); objects++ }
    $1 ~ /^[0-9]+$/ && writable($2) && $3 !~ /^0+$/ { violation("keeps state in " $2 " (" $3 " bytes)") }
    $1 ~ /^[0-9a-f]+$/ && / [^ ]*O / && NF >= 4 && writable($(NF - 2)) { violation("variable " $NF) }
    $2 == "*COM*" || $3 == "*COM*" { violation("variable " $NF) }
    $2 == "*UND*" && $NF ~ forbidden { violation("calls " $NF "()") }
    END { if (!objects) { print "no objects were read"; found = 1 } exit found }
    '
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
compile() { "$cc" -O1 -x c -c -o "$scratch/$1.o" -; }

# planted NAME EXPECTED: the program on stdin must be refused, and EXPECTED said of it.
planted() {
    local said
    compile "$1"
    if said=$(check "$scratch/$1.o"); then
        echo "not found: $1" >&2
        exit 1
    elif ! grep -qF -- "$2" <<<"$said"; then
        printf "for %s expected '%s', got:\n%s\n" "$1" "$2" "$said" >&2
        exit 1
    fi
}

# Read whole before searching: with pipefail, a grep that stops early would make the writer fail.
if [[ $("$objdump" -t "$@") =~ (__asan_|__ubsan_|__gcov_|__llvm_profile|__sanitizer_cov) ]]; then
    echo "skipped: the objects are instrumented (${BASH_REMATCH[1]}...)"
    exit 77
fi
check "$@"

planted global "variable planted" <<<'int planted = 1;'
planted zeroed "variable planted" <<<'static int planted; int f(void) { return planted++; }'
planted inner "planted" <<<'int f(void) { static int planted; return planted++; }'
planted thread "keeps state in .tbss" <<<'_Thread_local int planted;'
planted pointers "keeps state in .data" <<<'const char *planted[] = {"a", "b"};'
planted exit "calls exit()" <<<'#include <stdlib.h>
void f(void) { exit(1); }'
planted abort "calls abort()" <<<'#include <stdlib.h>
void f(void) { abort(); }'
planted jump "calls " <<<'#include <setjmp.h>
void f(jmp_buf b) { longjmp(b, 1); }'
compile fine <<<'#include <assert.h>
#include <stdio.h>
static const char *const names[] = {"a", "b"};
const char *const *f(int n) { assert(n); static const int limit = 3; printf("%p", (const void *)&limit); return names; }'
check "$scratch/fine.o"
echo "$# objects without state; every planted violation was found"
