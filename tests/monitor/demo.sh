# demo.sh - sourced after lib.sh by the tests of the demonstrations that come with trapeze.
export NO_COLOR=1

# twice NAME: it shows what it claims (its script's expectations are met), the same each time, on slides of 80 columns, with questions.
twice() {
    t 0 demo "$1" --batch
    quiet
    ! grep -q '^skipped: ' out || skip "$(cat out)"
    cp out first
    t 0 demo "$1" --batch
    cmp first out || fail "$1 is not the same twice"
    awk 'length > 80 { print; bad = 1 } END { exit bad }' out || fail "$1 is wider than 80"
    [ "$(wc -l <out)" -gt 20 ] || fail "$1 shows little"
    grep -q '^? ' out || fail "$1 asks nothing"
    grep -q 'To try ==$' out || fail "$1 does not end with what to try"
}
