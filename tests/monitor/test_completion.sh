#!/usr/bin/env bash
# Completion offers what the command takes: all that its helps and lists show, and nothing else. Then each shell that is here is asked, by its
# own script; a shell that is not here is named.
completion=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../monitor/completion" && pwd)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

offered() { t 0 complete-words "$@"; quiet; cut -f1 out; }
# same WHAT: the files wanted and got have the same lines, and some.
same() {
    sort -u wanted >wanted.sorted; sort -u got >got.sorted
    [ -s wanted ] || fail "$1: nothing is wanted"
    diff wanted.sorted got.sorted >out || fail "$1: < what there is, > what is offered"
}

# --- commands
"$TRAPEZE" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' >commands
[ "$(wc -l <commands)" -ge 11 ] || fail "trapeze --help lists too little"
cp commands wanted; offered '' >words; grep -vx ':files' words >got; same "a command"
grep -qx ':files' words || fail "a kernel's name is not offered"
cp commands wanted; offered help '' >got; same "help COMMAND"

# --- options, of each as its help shows them
options() { sed -n 's/^  -\([a-zA-Z][a-zA-Z-]*\).*/-\1/p'; }
for command in $(cat commands); do
    "$TRAPEZE" help "$command" | options >wanted
    case $command in
    monitor | verify | compare) "$TRAPEZE" help run | options >>wanted ;;
    esac
    if [ ! -s wanted ]; then
        [ -z "$(offered "$command" -)" ] || fail "$command has no options"
        continue
    fi
    case $command in verify) refused='stats|trace-out|trace-limit|signature|signature-granularity|gdb|gdb-files|s|S' ;;
    compare) refused='bare|stats|trace-out|trace-limit|signature|signature-granularity|gdb|gdb-files|s|S' ;;
    monitor) refused='stats|trace-out|trace-limit|signature|signature-granularity' ;; *) refused=' ' ;; esac
    grep -vxE -- "-($refused)" wanted >kept || true; mv kept wanted
    offered "$command" - >got; same "the options of $command"
    sed 's/^-/--/' got >wanted; offered "$command" -- >got; same "the options of $command with two dashes"
done
"$TRAPEZE" help run | options >wanted; offered - >got; same "the options without a command, which are those of run"
"$TRAPEZE" run -M pg --help | options >wanted; offered run -M pg - >got; same "the options of another machine"
offered run -machine=pg - >got; same "likewise"

# --- what follows an option, or stands after =
[ "$(offered run -kernel x)" = :files ] && [ "$(offered run --kernel=x)" = :files ] || fail "-kernel wants a file"
[ "$(offered run -gdb-files '')" = :folders ] || fail "-gdb-files wants a folder"
[ -z "$(offered run -append '')" ] && [ -z "$(offered run -m '')" ] || fail "nothing is known of -append and -m"
[ "$(offered run --machine=pg:LR)" = --machine=pg:LRA ] || fail "--machine=pg:LR"
# each OPTION WORD...: these are offered, and the command takes them.
each() {
    local option=$1; shift
    printf '%s\n' "$@" >wanted; offered run "$option" '' >got; same "$option"
    for word in $(cat got); do t 0 run "$option=$word" --max-insns 1G; done
}
each --shadow flush trace adapt; each --engine interpreter native simple; each --vmm trap hybrid
[ "$(echo $(offered run -M ia32 --vmm ''))" = "trap patch translate hybrid" ] || fail "--vmm of ia32"
[ "$(echo $(offered run -M ia32 --ring ''))" = "3 1" ] || fail "--ring of ia32"
[ "$(offered run -M ia32 --vmm=p)" = --vmm=patch ] || fail "--vmm=p"
[ "$(offered run --stats=js)" = --stats=json ] || fail "--stats=js"
for word in $(offered run --stats=); do t 0 run $word; done
for word in $(offered demo --color=); do t 0 demo $word; done
[ "$(offered monitor --color= | wc -l)" = 3 ] || fail "--color="
"$TRAPEZE" help classify | sed -n '/^pins/,/^options/{s/^  \([a-z][a-z0-9-]*\)  *[a-zA-Z].*/\1/p;}' >wanted
offered prove -without '' >got; same "pins"
offered prove pg -without '' >got; offered prove riscv -without '' | while read -r pin; do ! grep -qx -- "$pin" got || fail "the pin $pin is of both"; done

# --- instruction sets, variants, instructions
"$TRAPEZE" help classify | sed -n '/^ISA/,/^pins/{/^  /p;}' | tr -s ' ' '\n' | grep . >isas
for command in classify witness prove report; do cp isas wanted; offered $command '' >got; same "$command ISA"; done
for isa in $(offered run -M pg); do t 0 run --bare -M "$isa" "$(dirname "$TRAPEZE")/examples/pg/getmode.pg"; done
[ "$(offered sweep '' | xargs)" = 'riscv ia32' ] && [ "$(offered sweep riscv '')" = :files ] || fail "sweep ISA FILE"
[ "$(offered classify riscv sre)" = sret ] || fail "classify riscv sre"
[ "$(offered classify riscv | wc -l)" = 1 ] || fail "an instruction before there is a set"
"$TRAPEZE" classify pg --json >json; tr '{' '\n' <json | sed -n 's/.*"subject": "\([a-z0-9.]*\)".*/\1/p' >wanted
offered classify pg '' >got; same "the instructions of pg"
[ "$(offered classify riscv '' | wc -l)" -ge 150 ] || fail "few instructions"
[ -z "$(offered prove riscv '')" ] || fail "prove takes one word"

# --- demonstrations and lessons
"$TRAPEZE" demo | sed -n 's/^  \([a-z0-9]*\)  *[0-9]* min.*/\1/p' >wanted; offered demo '' | grep -vx :folders >got; same "demonstrations"
"$TRAPEZE" tutorial --list | sed -n 's/^  lesson [0-9]*  \([a-z]*\) .*/\1/p' >wanted; offered tutorial '' | grep -vx :folders >got; same "lessons"
"$TRAPEZE" lab --list | sed 's/ .*//' >wanted; offered lab new '' >got; same "assignments"
[ "$(offered lab '' | xargs)" = 'new check' ] && [ "$(offered lab new dispatch '')" = :folders ] && [ "$(offered lab check '')" = :folders ] || fail "lab"
[ -z "$(offered demo trap '')" ] || fail "one demonstration at a time"
[ "$(offered run -- -)" = :files ] || fail "after -- there are words alone"
t 0 complete-words; [ ! -s out ] || fail "completion of nothing"
! "$TRAPEZE" --help | grep -q complete-words || fail "the shells' command is shown to people"

# --- the shells
bin=$(dirname "$TRAPEZE"); mkdir place; ln -s "$TRAPEZE" place/trapeze; : >place/a-kernel.elf; mkdir place/a-folder
export PATH=$work/place:$PATH
# asked LINE: what bash would insert.
cat >ask.bash <<'E2'
. "$1"
cd place
COMP_LINE=$2 COMP_POINT=${#2}
_trapeze
printf '%s\n' "${COMPREPLY[@]}"
E2
asked() { bash --norc ask.bash "$completion/trapeze.bash" "$1" 2>err; quiet; }
is() { [ "$(asked "$1")" = "$2" ] || fail "bash, '$1': $(asked "$1" | head -5), not $2"; }
is 'trapeze pro' prove
is './trapeze pro' prove
is 'trapeze tutorial ste' stepping
is 'trapeze demo crit' critical
is 'trapeze lab new disp' dispatch
is 'trapeze run --max-i' --max-insns
is 'trapeze prove pg:GETM' GETMODE
is 'trapeze run --machine=pg:LR' LRA
is 'trapeze run --shadow tr' trace
is 'trapeze run -kernel a-k' a-kernel.elf
is 'trapeze run --kernel=a-k' a-kernel.elf
is 'trapeze a-k' a-kernel.elf
is 'trapeze demo a-' a-folder
is 'trapeze help doc' doctor
[ "$(asked 'trapeze help ' | wc -l)" = "$(wc -l <commands)" ] || fail "bash: not every command"
done=bash
if command -v script >/dev/null; then # at a terminal, by the key
    printf '. %s\ntrapeze help prov\t\nexit\n' "$completion/trapeze.bash" | timeout $patience script -qec 'bash --norc -i' /dev/null >out 2>err || true
    shows "usage: trapeze prove"
    done="$done (also by the key)"
fi
if command -v zsh >/dev/null; then
    mkdir functions; cp "$completion/trapeze.zsh" functions/_trapeze
    for pair in 'trapeze help prov:usage: trapeze prove' 'trapeze help docto:usage: trapeze doctor'; do
        printf 'fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D\n%s\t\nexit\n' "$work/functions" "${pair%%:*}" |
            timeout $patience script -qec 'zsh -f -i' /dev/null >out 2>err || true
        shows "${pair#*:}"
    done
    printf 'fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D\ncd place\ntrapeze run --kernel=a-k\t\nexit\n' "$work/functions" |
        timeout $patience script -qec 'zsh -f -i' /dev/null >out 2>err || true
    shows "a-kernel.elf"
    done="$done, zsh"
else
    echo "zsh is not here (package zsh): its completion is not tested"
fi
if command -v fish >/dev/null; then
    fished() { fish --no-config -c "cd place; source $completion/trapeze.fish; complete -C '$1'" 2>err | cut -f1; }
    for pair in 'trapeze pro=prove' 'trapeze prove pg:GETM=pg:GETMODE' 'trapeze demo crit=critical' 'trapeze run --max-i=--max-insns' \
        'trapeze a-k=a-kernel.elf' 'trapeze run -gdb-files a-f=a-folder/'; do
        [ "$(fished "${pair%=*}")" = "${pair##*=}" ] || fail "fish, '${pair%=*}': $(fished "${pair%=*}" | head -3)"
    done
    done="$done, fish"
else
    echo "fish is not here (package fish): its completion is not tested"
fi
echo "asked in: $done"
