#!/usr/bin/env bash
# The assignments: solutions pass, skeletons fail their first stage, results are what TAP, JUnit and JSON say, the recording opens at the
# instruction in question, whatever the plug-in does it does to itself alone, and bad input gets a sentence.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
command -v make >/dev/null && command -v cc >/dev/null || skip "make or cc is not here"
labs=$OLDPWD/examples/labs
export PATH=$(dirname "$TRAPEZE"):$PATH USER=erika
unset CC MAKEFLAGS
status_of() { status=0; timeout -k 5 $patience "$TRAPEZE" lab "$@" >out 2>err </dev/null || status=$?; }

"$TRAPEZE" lab --list >list; "$TRAPEZE" lab | head -n -1 | cmp - list || fail "the list"
"$TRAPEZE" lab | tail -n 1 | grep -q "trapeze lab new NAME FOLDER" || fail "nothing says what comes next"
names=$(awk '{ print $1 }' list)
[ "$(wc -w <<<"$names")" -ge 3 ] || fail "few assignments"
for name in $names; do
    for file in handout/README.md handout/vmm.c teacher/README.md teacher/solution.c; do [ -s "$labs/$name/$file" ] || fail "$name lacks $file"; done
    ! grep -nE '.{81}' "$labs/$name/handout/README.md" || fail "the student's page of $name is wider than a terminal"
    # What the student gets is the handout and nothing else of it, and the solution of all things not.
    t 0 lab new "$name" "$name"
    find "$name" -type f | sed "s|^$name/||" | LC_ALL=C sort >got
    { (cd "$labs/$name/handout" && find . -type f | sed 's|^\./||'); printf '%s\n' lab student Makefile; [ ! -d "$name/golden" ] || echo golden/guest.bin; } | LC_ALL=C sort >wanted
    cmp -s got wanted || { diff wanted got >out || true; fail "the student's files of $name"; }
    [ "$(cat "$name/student")" = erika ] || fail "whose it is"
    # The skeleton compiles, without a warning, fails the first stage, and says why.
    status_of check "$name"
    [ $status = 1 ] && [ ! -s err ] || fail "the skeleton of $name: status $status"
    grep -q '^ 1 .* FAILED' out && ! grep -q '^ [2-9] .* \(ok\|FAILED\)' out || fail "the skeleton of $name: not the first stage alone"
    grep -q "with your VMM\|decision 1, at time 0: nobody gets a turn" out || fail "the skeleton of $name: nothing says why"
    # All of it is on a screen of 80 x 24: stages that are not tried take a row together.
    [ "$(wc -l <out)" -le 23 ] || fail "the skeleton of $name: the result is longer than a screen"
    grep -q '^ 2 to [0-9]* *skipped: they need stage 1, ' out || fail "the skeleton of $name: stages that were not tried"
    awk 'length > 80' out | grep -v '^    trapeze monitor' >wide || true
    [ ! -s wide ] || { cp wide out; fail "wider than 80 columns"; }
    # The solution passes, for several students.
    t 0 lab new "$name" "solved $name" --student 'Jos"e <&> O'"'"'Hara'
    cp "$labs/$name/teacher/solution.c" "solved $name/vmm.c"
    for student in '' max moritz; do
        [ -z "$student" ] || echo "$student" >"solved $name/student"
        status_of check "solved $name"
        [ $status = 0 ] && [ ! -s err ] || fail "the solution of $name, for '$student': status $status"
    done
done

# --- forms of the result
t 0 lab new dispatch forms --student 'Jos"e <&> x'
cp "$labs/dispatch/teacher/solution.c" forms/vmm.c
sed -i 's/status = bits_set(status, MSTATUS_SPIE, 1, 1);/printf("a <b> \\033 \&\\n");/; 1i #include <stdio.h>' forms/vmm.c
status_of check forms --tap --junit junit.xml
[ $status = 1 ] || fail "a wrong sret: status $status"
[ "$(head -2 out)" = $'TAP version 14\n1..9' ] || fail "the plan of TAP"
[ "$(grep -c '^ok' out)" = 8 ] && grep -q '^not ok 3 - return$' out && grep -q '^ok 8 - kernel # SKIP needs stage 3$' out || fail "TAP"
grep -q '^  ---$' out && grep -q '^  \.\.\.$' out || fail "TAP says nothing of the failure"
if command -v prove >/dev/null; then prove -e cat out >prove.out 2>&1 && fail "prove passes it"; grep -q 'Failed test:  3' prove.out || fail "prove does not read it"; fi
cp out tap
status_of check forms --json
if command -v python3 >/dev/null; then
    python3 - out junit.xml tap <<'E2' || fail "JSON or JUnit"
import json, sys, xml.etree.ElementTree as tree
r = json.load(open(sys.argv[1]))
states = {s["name"]: s["state"] for s in r["stages"]}
assert r["schema"] == 1 and r["lab"] == "dispatch" and r["student"] == 'Jos"e <&> x' and r["passed"] == 6, r
assert states["return"] == "failed" and states["kernel"] == "skipped" and states["csr"] == "passed", states
failed = [s for s in r["stages"] if s["state"] == "failed"][0]
assert failed["instruction"] == "sret" and failed["printed"].startswith("a <b> ? &") and "goto %d" % failed["retired"] in failed["command"], failed
suite = tree.parse(sys.argv[2]).getroot()
assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("9", "1", "2"), suite.attrib
try:
    import yaml
    block = open(sys.argv[3]).read().split("  ---\n")[1].split("  ...\n")[0]
    assert failed["detail"] == yaml.safe_load(block)["detail"], block
except ImportError:
    pass
assert suite.find("properties/property").get("value") == 'Jos"e <&> x'
case = [c for c in suite.iter("testcase") if c.get("name") == "return"][0]
assert "sret" in case.find("failure").get("message") and "a <b>" in case.find("system-out").text
E2
fi

# --- the recording opens before the instruction
# opens: runs the command of the last result, and looks at pc and instruction.
opens() {
    local pc retired command
    retired=$(sed -n 's/.*, after \([0-9]*\) instruction.*/\1/p' out); pc=$(sed -n 's/.*, at \(0x[0-9a-f]*\).*/\1/p' out)
    command=$(sed -n 's/^    \(trapeze monitor .*\)/\1/p' out)
    [ -n "$pc" ] && [ -n "$command" ] || fail "no place, or no command"
    eval "$command -batch -ex 'p \$pc' -ex 'info stats' -ex 'x/i \$pc'" >opened 2>&1 || { cp opened out; fail "$command fails"; }
    grep -q "= $pc$\|= $pc " opened && { [ -z "${1-}" ] || grep -q "$1" opened; } || { cat opened >>out; fail "$command does not open at $pc: $1"; }
}
status_of check forms; opens 'sret'

# Where no recording can be written the stage is told all the same, and why there is none to open.
rm -rf forms/recordings; echo taken >forms/recordings
status_of check forms
[ $status = 1 ] && grep -q '^ 3 return *FAILED' out && ! grep -q 'trapeze monitor' out || fail "no recording can be written: status $status"
grep -q 'there is no recording to open in the monitor: .*return.bin cannot be written' <<<"$(tr -s '\n ' '  ' <out)" || fail "nothing says why there is no recording"
status_of check forms --json; grep -q '"unrecorded": *"there is no recording' out || fail "JSON does not say why there is no recording"
rm forms/recordings; status_of check forms; opens 'sret'

# --- what a plug-in may do: each fails its stage, and nothing else
# bad NAME STAGE EXPECTED SED [WORD...]: the solution of dispatch, or of what $lab says, changed; exactly that stage fails of those that need not it.
bad() {
    local lab=${lab-dispatch}
    rm -rf "$1"; t 0 lab new "$lab" "$1"
    sed -e '1i #include <stdlib.h>\n#include <unistd.h>\n#include <signal.h>' -e "$4" "$labs/$lab/teacher/solution.c" >"$1/vmm.c"
    cmp -s "$1/vmm.c" "$labs/$lab/teacher/solution.c" && fail "$1 changes nothing"
    status_of check "$1" "${@:5}"
    [ $status = 1 ] || fail "$1: status $status"
    [ "$(sed -n 's/^ [0-9]* \([a-z]*\) *FAILED.*/\1/p' out)" = "$2" ] || fail "$1: not the stage $2 alone"
    grep -qF -- "$3" <<<"$(tr -s '\n ' '  ' <out)" || fail "$1 does not say: $3"
    [ -z "$(pgrep -f "$work/$1" || true)" ] || fail "$1 leaves something running"
    opens
}
in_function() { printf '%s' "/^static enum lab_result $1(/,/^}/s/^{/{\n    $2/"; }
bad null return 'your function dispatch.mret crashed: Segmentation fault' "$(in_function mret '*(volatile int *)0 = 1;')"
bad wild wait 'your function dispatch.wfi crashed: Segmentation fault' "$(in_function wfi '*(volatile int *)0x123456789000 = 1;')"
bad loop csr 'your function dispatch.csr did not return within 1 second ' "$(in_function csr 'for (volatile int i = 0;; i++) ;')" --seconds 1
bad sleep fence 'your function dispatch.sfence_vma did not return within 1 second ' "$(in_function sfence_vma 'for (;;) pause();')" --seconds 1
bad leaves csr 'your function dispatch.csr ended the process, with status 0' "$(in_function csr '_exit(0);')"
bad aborts return 'your function dispatch.sret crashed: Aborted' "$(in_function sret 'abort();')"
bad recursion wait 'your function dispatch.wfi crashed: Segmentation fault' "$(in_function wfi 'volatile char a[4096]; a[0] = 1; return wfi(cpu, trap) == (enum lab_result)a[0] ? LAB_NEXT : LAB_WAIT;')"
bad noenum return "returned what is no enum lab_result" "$(in_function mret 'return (enum lab_result)77;')"
bad killer csr 'your function dispatch.csr crashed: Terminated' "$(in_function csr 'kill(getpid(), SIGTERM);')"
bad sret return 'mstatus' 's/status = bits_set(status, MSTATUS_SPP, 1, 0);//'
in_routine() { printf '%s' "/^static bool $1(/,/^}/s/^{/{\n    $2/"; }
lab=flags bad pc_null popf 'your function flags.popf crashed: Segmentation fault' "$(in_routine popf '*(volatile int *)0 = 1;')"
lab=flags bad pc_loop iret 'your function flags.iret did not return within 1 second ' "$(in_routine iret 'for (volatile int i = 0;; i++) ;')" --seconds 1
lab=flags bad pc_silent outer "v_i returned false and raised no exception" 's/^        hide(cpu, ring);/        return false;/; s/^static void hide(/__attribute__((unused)) &/'
lab=flags bad pc_both outer "v_i raised an exception and returned true" 's/^    lab_eip_set(cpu, eip);/    if (outer)\n        (void)lab_raise(cpu, IA_GP, 0);\n&/'
lab=flags bad pc_vector refused "raises a vector that is no exception of its instructions" 's/refuse(cpu, IA_NP, /refuse(cpu, IA_UD, /'
lab=flags bad pc_size stack "wants an operand of a size that there is not" 's/if (!lab_peek(cpu, 0, size, &value))/if (!lab_peek(cpu, 0, size == 4 ? 4 : 3, \&value))/'

# --- other seeds
status_of check "solved dispatch" --seed-key "$labs/README.md" --json
[ $status = 0 ] || fail "with a secret: status $status"
sed 's/"instructions": [0-9]*/I/' out >/dev/null; cp out with; status_of check "solved dispatch" --json; cmp -s out with && fail "the secret changes nothing"
status_of check "solved dispatch" --seed-key "$labs/README.md" --json; cmp -s out with || fail "the same secret, and other guests"

# --- from inside, and the Makefile's own
(cd "solved dispatch" && make -s check >../out 2>../err) || fail "make check"
(cd "solved dispatch" && "$TRAPEZE" lab check . >/dev/null) || fail "check ."

# --- bad input
t 2 lab new dispach x; says "there is no assignment 'dispach'; is 'dispatch' meant?"
t 2 lab new nothing x; says "there is no assignment 'nothing'"
[ ! -e x ] || fail "an unknown assignment leaves a folder"
t 2 lab new dispatch forms; says "forms is there already"
t 1 lab new dispatch no/such/place; says "cannot be made"
t 2 lab check nowhere; says "there is no folder 'nowhere'"
mkdir empty; t 2 lab check empty; says "no folder of an assignment"
t 2 lab check; says "trapeze lab check FOLDER"
t 2 lab check forms --tap --json; says "two forms"
t 2 lab check forms --seconds 0; says "--seconds wants"
t 1 lab check forms --seed-key nowhere; says "nowhere"
t 2 lab new dispatch y --student ''; says "a student's name"
echo nonsense >forms/lab; t 2 lab check forms; says "there is no assignment 'nonsense'"; echo dispatch >forms/lab
printf '\n' >forms/student; t 2 lab check forms; says "its first line is empty"; echo max >forms/student
# What does not build, and what does not load: what is missing, by name.
t 0 lab new dispatch broken
echo 'int' >>broken/vmm.c; status_of check broken; [ $status = 3 ] && grep -q 'error' err && tail -1 err | grep -q 'cannot be built: make says why above' || fail "what does not compile: status $status"
cp "$labs/dispatch/handout/vmm.c" broken/vmm.c; sed -i '/LAB_REFLECT;/s/.*/    return missing_function(trap);/; 1i enum lab_owner; int missing_function(const void *);' broken/vmm.c
sed -i 's/^enum lab_owner; //; s/missing_function(trap)/(enum lab_owner)missing_function(trap)/' broken/vmm.c
status_of check broken; [ $status = 3 ] && grep -q 'missing_function' err || fail "an undefined function, at building: status $status"
sed -i 's/ -Wl,-z,defs//' broken/Makefile; status_of check broken; [ $status = 3 ] && grep -q 'does not load:.*missing_function' err || fail "an undefined function, at loading: status $status"
so() { cc -x c -std=gnu17 -I"$(sed -n 's/^INCLUDE = //p' broken/Makefile)" -shared -fPIC -o broken/vmm.so -; }
echo 'int other;' | so; t 3 lab check broken --no-build; says "does not export the object 'trapeze_lab_v1'"
printf '#include "core/assignment_riscv.h"\nconst struct lab_plugin trapeze_lab_v1 = {.version = 7};\n' | so; t 3 lab check broken --no-build; says "is of version 7"
printf '#include "core/assignment_riscv.h"\nconst struct lab_plugin trapeze_lab_v1 = {.version = LAB_VERSION};\n' | so; t 3 lab check broken --no-build; says "dispatch.mret, dispatch.sret"
echo 'no object' >broken/vmm.so; t 3 lab check broken --no-build; says "does not load"
rm broken/vmm.so; t 3 lab check broken --no-build; says "does not load"
rm broken/Makefile; t 3 lab check broken; says "neither a Makefile nor the plug-in"
# Without a compiler, and without make.
mkdir tools; for tool in make sh env rm; do ln -s "$(command -v $tool)" tools/$tool; done
t 0 lab new dispatch bare; status=0; PATH=$work/tools "$TRAPEZE" lab check bare >out 2>err || status=$?
[ $status = 3 ] && tail -1 err | grep -q "there is no C compiler 'cc' on the PATH (package gcc)" || fail "without a compiler: status $status"
rm tools/make; status=0; PATH=$work/tools "$TRAPEZE" lab check bare >out 2>err || status=$?
[ $status = 3 ] && grep -q "there is no 'make' on the PATH (package make)" err || fail "without make: status $status"
echo "$(wc -w <<<"$names") assignments; sixteen ways to fail a stage fail that stage alone"
