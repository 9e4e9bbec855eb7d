#!/usr/bin/env bash
# The lessons: what solves each task is accepted, nothing else is; progress is kept, told, and never lost; faulty lessons are refused.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export HOME="$work/home" XDG_STATE_HOME="$work/state"
unset NO_COLOR
lessons='stepping traps paging levels breaking backwards seventeen'

"$TRAPEZE" tutorial --list >out
for lesson in $lessons; do grep -q "lesson [1-7]  $lesson .* 0 of 3 " out || fail "the list lacks $lesson"; done
status=0; "$TRAPEZE" tutorial --check >out || status=$?
[ $status = 1 ] || fail "--check of nobody: status $status"

# take LESSON WORD...: what a student types, a line each; with the number of times that a check said no.
take() {
    printf '%s\n' "${@:2}" | timeout -k 5 $patience "$TRAPEZE" tutorial $1 >out 2>err || fail "$1 failed"
    [ ! -s err ] || fail "$1 complains"
}
refused() { [ "$(grep -c '^Not yet' out)" = $1 ] || fail "$(grep -c '^Not yet' out) checks said no, not $1"; }
solved() { tail -n 1 out | grep -q "^$1 of 3 tasks solved" || fail "not $1 tasks: $(tail -n 1 out)"; }

# Typing nothing of it solves nothing, wherever one stands; and each task refuses what is only near.
for lesson in $lessons; do take $lesson check check; refused 2; solved 0; [ ! -e state/trapeze/tutorial ] || fail "progress of nothing"; done
for lesson in $lessons; do take $lesson skip check skip check skip; refused 2; solved 0; done
take stepping 'b user_return' c check; refused 1
take traps 'b exit shadow' c check; refused 1
take paging 'b mode U' c si check; refused 1
take levels 'vm 0' check; refused 1
take breaking si si check; refused 1
take backwards 'goto 999999' check; refused 1
take seventeen 'b tables' c check; refused 1

# The lessons as they are meant. Half of one is kept, less is not taken for more, and all of them are all.
take stepping check 'b kernel_main' c check check si si si check quit
refused 2; solved 2
take stepping quit
"$TRAPEZE" tutorial >out; grep -q 'stepping .* 2 of 3' out || fail "progress is lost"
take stepping 'b kernel_main' c check si si si check 'b mode U' c check; refused 0; solved 3
take traps 'b exit privilege' c check delete 'b exit guest' c check delete 'b trap ecall-u' c check delete 'b trap sti' c check; refused 1; solved 3
take paging 'b mode U' c check si check delete 'b print' c 'p 0x80200000' check 'p 0x10000000' check; refused 1; solved 3
take levels 'vm 1' check 'vm 2' 'tb *user_return+120' c check si check si 'vm 0' 'p $satp' check; refused 1; solved 3
take breaking si check 'p *mode' check 'set *mode = 1' check; refused 0; solved 3
take backwards 'goto 1000000' check 'watch process[0].ticks' rc check check rc rc check; refused 1; solved 3
# Of the last lesson's second task both halves are asked for: the place, and the flags.
take seventeen 'b tables' c si check 'b *flags+22' c si check 'set $eflags = $eflags | 0x3000' check si si check 'set $eax = $eax | 0x3000' check c
refused 2; solved 3; grep -q '^POPF  IOPL       00003000' out || fail "the kernel does not print what it was given"
"$TRAPEZE" tutorial --check >out || fail "--check of all: status $?"
grep -q 'backwards .* 3 of 3' out || fail "--check does not say 3 of 3"

# After the last task the machine is the student's; an empty line after a word of the lesson repeats nothing.
take breaking si check 'p *mode' check 'set *mode = 1' check c
grep -q 'The kernel runs in supervisor mode' out || fail "the last answer cannot be tried"
take stepping si check '' ''
[ "$(grep -c 'auipc\|addi' out)" = 2 ] || fail "an empty line steps on"

# The monitor's own words still work, and the task is told again.
take stepping task hint 'p 6 * 7' help
grep -q '^\$1 = 42' out && grep -q 'b kernel_main' out && [ "$(grep -c '^Task 1 of 3' out)" = 2 ] || fail "task, hint, p or help"

# Wherever the state cannot be kept: a sentence, status 1, and the lesson was there all the same.
status=0; printf '%s\n' 'b kernel_main' c check | env -u HOME -u XDG_STATE_HOME "$TRAPEZE" tutorial stepping >out 2>err || status=$?
[ $status = 1 ] && grep -q 'progress is not kept' err || fail "without a place for progress: status $status"

# Faulty lessons: file, line, and what is wrong.
refuses() { # EXPECTED, script on stdin
    mkdir -p mine && cat >mine/script
    status=0; "$TRAPEZE" tutorial ./mine >out 2>err </dev/null || status=$?
    [ $status = 2 ] && grep -qF -- "$1" err || fail "expected '$1', status $status"
}
head='title: mine\nminutes: 1\nmachine: g = --bare'
printf "$head\n== A\n? do\n= done\n" | refuses "mine/script:5: nothing says when this task is done"
printf "$head\n== A\nprose\n" | refuses "a lesson has a task"
printf "$head\nmachine: h = --bare\n== A\n? do\n= done\ng>- p 1\n%% 1\n" | refuses "a lesson has one machine, and this one has 2"
printf "$head\n== A\n? do\n= done\ng>- p 1\n~ (\n" | refuses "is no regular expression"
# A lesson may be called by its number in the list; there is none behind the last.
printf 'quit\n' | "$TRAPEZE" tutorial 3 >out 2>err && grep -q "^Lesson paging" out || fail "lesson 3 by its number"
status=0; "$TRAPEZE" tutorial 8 >out 2>err || status=$?; [ $status = 2 ] && grep -q "no lesson or folder .8." err || fail "lesson 8: status $status"
status=0; "$TRAPEZE" tutorial steping >out 2>err || status=$?
[ $status = 2 ] && grep -q "is 'stepping' meant" err || fail "a name that is nearly one: status $status"
printf "$head\n== A\n? do\n= done\ng>- p 1\n%% 1\n" >mine/script
printf 'check\n' | "$TRAPEZE" tutorial ./mine >out 2>err || fail "a lesson of one's own"
grep -q '^1 of 1 tasks solved: the lesson is done' out || fail "a lesson of one's own is not done"
echo "seven lessons, twenty-one tasks: each refuses and accepts"
