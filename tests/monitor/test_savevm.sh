#!/usr/bin/env bash
# savevm and loadvm: a state written to a file goes on, in the same machine and in others, as if nothing had been; what is no such file
# is refused in a sentence, and neither the guest nor a file that was there is harmed.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rest() { sed -n '/^user: process 2/,$p' "$1"; }
t 0 monitor --bare --batch -ex 'goto 200000' -ex 'p $pc' -ex 'savevm state' -ex c
shows "state: the guest after 200000 instructions"
rest out >expected
[ "$(wc -l <expected)" -ge 5 ] || fail "the guest did not go on to its end"
for mode in --bare "--depth 1" "--depth 2" "--shadow trace"; do
    t 0 monitor $mode --batch -ex 'goto 700000' -ex 'loadvm state' -ex 'p $pc' -ex c
    shows "state: the guest is where it was after 200000 instructions"
    rest out | cmp -s - expected || fail "$mode: the guest goes on otherwise than it did"
done
t 0 verify --from state
grep -q '^equivalent after 1327540 instructions' out || fail "verify does not begin there"

# Neither an old file nor the guest is touched by a failure.
cp state old
t 1 monitor --batch -ex 'loadvm /dev/null' -ex 'p $pc'
grep -q '/dev/null' err || fail "it does not name the file"
head -c 5000 state >half
t 1 monitor --batch -ex 'goto 100' -ex 'loadvm half' -ex 'p $pc'
grep -q '^half' err || fail "it does not name the file"
t 1 monitor -m 256M --batch -ex 'loadvm state'
grep -q '^state' err || fail "a state of another machine is taken"
t 1 monitor --batch -ex 'savevm missing/state'
grep -q 'missing' err || fail "it does not name the folder"
t 1 monitor --batch -ex savevm
grep -q 'savevm FILE' err || fail "it does not say what it takes"
cmp -s state old || fail "a failure changed the file"
LC_ALL=C sed 's/trapeze 0/trapeze 9/' state >other
! cmp -s state other || fail "the file does not say by which version it was written"
t 1 monitor --batch -ex 'loadvm other'
grep -q '^other' err || fail "a state of another version is taken"
