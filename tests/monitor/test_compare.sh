#!/usr/bin/env bash
# `trapeze compare`: one guest in each way there is. What the table says is what `run --stats` and `verify` say of each way by itself.
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../examples" && pwd)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# field NAME: of the JSON in `way`, a number.
field() { sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" "$2" | head -1; }
# way N MACHINE MONITOR SHADOW [RING]: line N of the ways is this one, and the account of such a run is the same.
way() {
    sed -n "$1p" ways >way
    grep -qF "\"machine\": \"$2\", \"monitor\": \"$3\"${4:+, \"shadow\": \"$4\"}" way || fail "way $1 is not $2 $3 $4: $(cat way)"
    timeout $patience "$TRAPEZE" run -M "$2" --vmm "$3" ${4:+--shadow $4} ${5:+--ring $5} --stats=json >out 2>err </dev/null || true
    tail -1 err >account
    for name in direct interpreted emulated; do
        [ "$(field $name way)" = "$(field $name account)" ] || fail "$2 $3 $4: $name is not as in the account"
    done
}

# --- a PC: breaks under the plain monitor, at the instruction that verify names; each repair holds
t 0 compare -M ia32 --json --no-time; quiet
cp out first; [ "$(wc -l <out)" = 1 ] || fail "the data are not one line"
sed 's/{"machine"/\n&/g' out | tail -n +2 >ways
n=1
sed -n 1p ways | grep -qF '"monitor": "bare", "survives": true' || fail "the first way is not bare"
for monitor in $("$TRAPEZE" complete-words run -M ia32 --vmm '' | cut -f1); do
    for shadow in flush trace adapt; do n=$((n + 1)); way $n ia32 $monitor $shadow; cat way >>own; done
done
for monitor in trap patch; do
    n=$((n + 1)); way $n ia32 $monitor adapt 1; grep -qF '"ring": 1' way || fail "way $n is not in ring 1"; cat way >>rings
done
grep -q '"monitor": "trap".*"survives": false.*"seen": 17081' rings && grep -q '"monitor": "patch".*"survives": true.*"verdict": "equivalent", "equal": 37431' rings ||
    fail "ring 1 neither fails at PUSHF under trap nor holds under patch"
"$TRAPEZE" run -M ia32 --help | sed -n '/^Variants/,$s/^  \([a-z0-9][a-z0-9]*\)  .*/\1/p' | grep -vx v86 >variants
[ "$(wc -l <variants)" -ge 5 ] || fail "help shows too few variants"
for variant in $(cat variants); do
    n=$((n + 1)); way $n ia32:$variant trap adapt; cat way >>mended
done
[ "$(wc -l <ways)" = $n ] || fail "there are other ways than monitors and variants"
[ "$(grep -c '"monitor": "trap".*"survives": false.*"seen": 17081, "pc": "0x100026", "text": "pushfd", "row": "pushf"' own)" = 3 ] ||
    fail "trap and emulate does not fail at PUSHF"
[ "$(grep -c '"monitor": "\(patch\|translate\|hybrid\)".*"survives": true.*"verdict": "equivalent", "equal": 37431' own)" = 9 ] ||
    fail "patch, translate and hybrid fail"
for variant in pushf traps; do
    grep -F "\"ia32:$variant\"" mended | grep -q '"survives": true.*"verdict": "equivalent"' || fail "$variant does not repair it"
done
[ "$(grep -c '"seen": 17081' mended)" -ge 3 ] || fail "variants that leave PUSHF alone repair it, too"
t 0 compare -M ia32 --json --no-time; cmp out first || fail "not the same twice"

# --- as text, as wide as a terminal has room
COLUMNS=80 t 0 compare -M ia32 --no-time; quiet
! grep -qE '.{81}' out || fail "a line of more than 80 columns"
grep -qE '^ia32 trap, flush +no +17081 ' out && grep -qE '^ia32 patch, trace +yes +none ' out || fail "no such lines in the table"
shows "pushf is sensitive and did"
grep -qE '^  parts at instruction 17081, as with ia32 trap, flush$' out || fail "the reason is repeated"
cp out first; COLUMNS=80 t 0 compare -M ia32 --no-time; cmp out first || fail "not the same twice"
t 0 compare -M ia32 --vmm patch --shadow trace --depth 2
[ "$(grep -cE '^ia32 .* [0-9]+\.[0-9]+$' out)" = 3 ] && grep -qE '^ia32 patch, trace +yes +none .* [0-9]+\.[0-9]+$' out || fail "not one way in each ring, with its time"
t 0 compare -M ia32 --ring 1 --no-time
[ "$(grep -cE '^ia32.* +(yes|no) ' out)" = 3 ] && grep -qE '^ia32 trap ring 1 +no +17081 ' out && grep -qE '^ia32 patch ring 1 +yes +none ' out ||
    fail "other ways than those in ring 1"
t 0 compare -M ia32:vt --vmm trap --no-time; ! grep -q 'ring 1' out || fail "a guest mode has a ring 1 for ring 0"
t 0 compare -M ia32:traps --vmm trap --shadow flush --no-time
grep -qE '^ia32:traps trap, flush +yes +none ' out && ! grep -q umip out || fail "a machine that is named is not alone"
t 0 compare -M ia32 -cpu 386 --vmm trap --no-time; shows "cannot run"; shows "variants are of the CPU 686"

# --- other machines, with the monitors that they have
t 0 compare --no-time
for name in 'virt bare' 'virt trap, flush' 'virt trap, trace' 'virt trap, adapt' 'virt hybrid, flush' 'virt hybrid, trace' 'virt hybrid, adapt'; do
    grep -qE "^$name +yes +(-|none) " out || fail "no line $name"
done
[ "$(grep -c '^virt .* \(yes\|no\) ' out)" = 7 ] || fail "other ways on virt"
t 0 compare -M pg:GETMODE "$examples/pg/getmode.pg" --no-time
grep -qE '^pg:GETMODE trap +no +1 ' out && grep -qE '^pg:GETMODE hybrid +yes +none ' out || fail "not GETMODE's table"
shows "getmode is"; shows "42 bytes printed; the bare"

# A guest that fails, and one that goes on: both are the bare machine's, too. One that goes on only in the virtual machine is ended.
t 0 compare -bios none exit42.bin --no-time; shows "power-off with status 42"
t 0 compare -bios none spin.bin --max-insns 5000 --shadow all --no-time; shows "still running, after 5000 instructions"
[ "$(grep -c '^virt .* yes ' out)" = 7 ] || fail "what goes on everywhere does not end alike"

# A kernel for a PC that waits, with its timer masked: for ever, without an instruction. The first does so where it is not in ring 0, the
# second everywhere. Neither is waited for, by itself or in lock step.
waits='\xb0\x34\xe6\x43\x30\xc0\xe6\x40\xe6\x40\xb0\xff\xe6\x21\xe6\xa1\xfb\xf4\xeb\xfd' # the 8254 counts; the 8259s are masked; sti; 1: hlt; jmp 1b
kernel='\x02\xb0\xad\x1b\x00\x00\x01\x00\xfe\x4f\x51\xe4\x00\x00\x10\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x20\x00\x10\x00\xbc\x00\x00\x20\x00' # multiboot; esp
printf "$kernel\\x9c\\x58\\xf6\\xc4\\x02\\x74\\x14$waits\\xfa\\xf4" >strays # pushf; pop eax; test ah, 2; jz to the cli; hlt at the end
printf "$kernel$waits" >waits
t 0 compare -M ia32 strays --no-time --vmm trap --shadow all
[ "$(grep -cE '^ia32 trap, [a-z]+ +no +2 ' out)" = 3 ] || fail "not three policies that part at the PUSHF"
shows "did not survive: waiting after 15 instructions"
# On one variant alone: that is what the guest does there, and it is told apart from a monitor's fault.
printf "$kernel\\xb8\\x07\\x00\\x00\\x00\\x31\\xc9\\x0f\\xa2\\xf6\\xc1\\x04\\x75\\x02\\xfa\\xf4$waits" >differs # cpuid 7; test cl, 4; jnz over the cli and hlt
t 0 compare -M ia32 differs --no-time --vmm trap
grep -qE '^ia32:umip trap, adapt +yes +none ' out || fail "what waits on its own machine, too, does not end alike"
shows "as on that machine, bare: waiting after 16 instructions, 0 bytes printed"
# Reboots without an end; an output that differs, and an end that does not.
t 0 compare -bios none restart.bin --no-time --shadow all; shows "bare reboot, after 68 instructions"
[ "$(grep -c '^virt .* yes ' out)" = 7 ] || fail "what reboots everywhere does not end alike"
if command -v script >/dev/null; then # a terminal is told which way it is, and how far
    timeout -k 5 $patience script -qec "'$TRAPEZE' compare -M ia32 strays --no-time --vmm trap" typescript >/dev/null 2>&1 </dev/null || fail "at a terminal"
    for told in 'bare: 7 instructions' '2 of 9: ia32 trap, adapt: 15 instructions'; do grep -qaF "$told" typescript || fail "not told: $told"; done
fi
t 0 compare -M ia32 waits --no-time
shows "waits: bare waiting, after 11 instructions"
for monitor in trap patch translate hybrid; do
    [ "$(grep -cE "^ia32 $monitor, adapt +yes +none " out)" = 1 ] || fail "$monitor: not one policy, and alike"
done
[ "$(grep -cE "^ia32 [a-z]+, [a-z]+ +yes " out)" = 4 ] || fail "of a kernel that is named there are other policies"
t 2 compare -M ia32 --shadow none; says "is flush, trace, adapt or all"

# --- the page, by itself and on the report's
t 0 compare -M pg:LRA "$examples/pg/lra.pg" --html page --no-time; [ ! -s out ] || shows "pg:LRA trap"
grep -q '<h2 id="compare-head">' page && grep -q '<td class="no">no: ' page || fail "the page has no table"
! grep -qE '(src|href)="?http' page || fail "the page loads something"
t 0 report pg:LRA --html report --compare="$examples/pg/lra.pg"; grep -q '<h2 id="compare-head">' report || fail "the report has no table"
t 0 report pg:LRA --html report; ! grep -q 'compare-head' report || fail "the report has a table that nobody asked for"
t 2 report pg:LRA --json - --compare; says "--compare is a part of the page"
t 1 compare --html /nonexistent/page; says "/nonexistent"

# --- bad usage
t 2 compare --bare; says "runs the guest bare in any case"
t 2 compare --stats; says "compare writes no account"
t 2 compare -s; says "compare takes no debugger"
t 2 compare --every 0; says "nothing would be compared"
t 2 compare --vmm patch; says "is trap or hybrid for this machine, not 'patch'"
t 2 compare -M ia32 --vmm both; says "is trap, patch, translate or hybrid"
t 2 compare --json --html -; says "cannot both go to stdout"
t 2 compare -M ia32:nothing; says "has no variant 'nothing'"
t 1 compare -M ia32 no-such-kernel; says "no-such-kernel"
t 0 help compare; shows "-no-time"
