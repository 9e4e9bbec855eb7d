#!/usr/bin/env bash
# Nothing that the monitor prints is wider than the terminal: every help, every `info`, every view, at 80 and at 60 columns. What is a
# table is laid out for 80. And the words that it uses are explained.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
architecture=$OLDPWD/ARCHITECTURE.md

# shown WIDTH ARGUMENT...: the session's output, messages too.
shown() { COLUMNS=$1 timeout -k 5 $patience "$TRAPEZE" monitor --batch "${@:2}" >out 2>err </dev/null || true; cat err >>out; }
# fits WIDTH WHAT: no line of it is wider; a tab reaches to the next multiple of 8.
fits() {
    [ -s out ] || fail "$2 says nothing"
    expand out | awk -v w="$1" 'length > w { print; n++ } END { exit n > 0 }' >wide || { cp wide out; fail "$2 is wider than $1 columns"; }
}

# --- help: each command, each group, each word
shown 1000 -ex 'set width 0' -ex 'help all' -ex 'help words'
sed -n 's/^  \([a-z0-9][a-z0-9-]*\( [a-z][a-z-]*\)\{0,1\}\)  *.*/\1/p' out | sort -u >names
tail -1 out | sed 's/[;,] /\n/g' >words
shown 1000 -ex help; sed -n 's/^\([a-z-]*\)   *[a-z].*/\1/p' out >groups
[ "$(wc -l <names)" -ge 50 ] && [ "$(wc -l <words)" -ge 80 ] && [ "$(wc -l <groups)" -ge 7 ] || fail "help lists too little"
{ echo help; echo 'help all'; echo 'help words'; echo 'apropos shadow'; echo 'apropos the'; sed 's/^/help /' names words groups; } >helps
for width in 80 60; do shown $width -x helps; [ "$(wc -l <err)" = 0 ] || fail "help of something fails"; fits $width "help"; done
# A screen of 24 lines has room for the groups, and for each of them.
for what in help $(sed 's/^/help:/' groups); do
    shown 80 -ex "${what/:/ }"
    [ "$(wc -l <out)" -le 23 ] || fail "${what/:/ } is longer than a screen: $(wc -l <out) lines"
done
# A command is one line of its group.
sed 's/^/help /' groups >helps; shown 80 -x helps; mv out narrow; shown 1000 -x helps
cmp -s narrow out || { diff narrow out >wide || true; cp wide out; fail "a summary is longer than a line"; }

# --- every view, and every `info`, on machines of every kind
grep '^info ' names | grep -vE '^info (symbol|address)$' >infos
{
    printf '%s\n' 'display/x $sp' 'watch {long}0x80243000' 'break trap load-page if $a0 == 5 || $a1 == 6 || $a2 == 7 || $a3 == 8 || $a4 == 9'
    printf '%s\n' 'info symbol user_return' 'info address user_return'
    cat infos
    printf '%s\n' 'tr $pc' 'tr 0x10000' 'tr 0x10000000' 'tr -1' 'why' 'why irq' 'why stuck' 'why $pc' 'why 0x10000' 'info registers csr' 'info registers all' \
        'bt' 'x/8i $pc' 'x/6xg $sp' 'x/16xb $sp' 'x/8xw $sp' 'x/4dg $sp' 'x/2tw $sp' 'x/3s 0x80200b00' 'disassemble' 'disassemble/r' 'gpa2hpa 0x80200000' 'vm' 'si' 'si' 'ni' 'rsi' \
        'nowhere and something that is so long that it wants more than one line of the terminal to be complained about'
    sed -n 's/^\(info .*\)/\1/p' infos
} >views
[ "$(wc -l <infos)" -ge 15 ] || fail "no list of info commands"
names='mstatus scause satp medeleg pmpcfg0 pmpaddr0 mtvec misa fcsr mcounteren menvcfg'
for name in $names; do echo "info registers $name"; done >>views
printf 'EXCH 3\nHALT\n' >tiny.pg || true
for width in 80 60; do
    for how in '--depth 1' '--bare' '--depth 2' '--shadow trace' '--vmm hybrid'; do
        COLUMNS=$width timeout -k 5 $patience "$TRAPEZE" monitor -q $how <<<"tb user_return
c
$(cat views)" >out 2>err || true
        fits $width "a session $how"
    done
done
# What is a table is not folded at 80 columns.
tables=(); for what in 'info stats' 'info irq' 'info shadow' 'info k' 'info vm' 'info traps' 'info tlb' 'info mem' 'info pg' 'info mtree' 'info devices' \
    'info checkpoints' 'tr $pc' 'x/6xg $sp' 'x/16xb $sp' 'info breakpoints'; do tables+=(-ex "$what"); done
for how in '--depth 1' '--bare' '--shadow trace'; do
    shown 80 $how -ex 'tb user_return' -ex c -ex 'echo ==\n' "${tables[@]}"; sed '1,/^==/d' out >narrow
    shown 1000 $how -ex 'tb user_return' -ex c -ex 'echo ==\n' "${tables[@]}"; sed '1,/^==/d' out >broad
    cmp -s narrow broad || { diff broad narrow >out || true; fail "a table of $how is folded"; }
done

# --- what the other commands say of themselves, and the account of a run
for width in 80 60; do
    for command in '' run monitor sweep verify compare classify witness prove report help version; do
        COLUMNS=$width "$TRAPEZE" help $command >out 2>&1; fits $width "help $command"
    done
    COLUMNS=$width "$TRAPEZE" run -M pg --help >out; fits $width "run -M pg --help"
    for how in --bare '--depth 2' '--vmm hybrid'; do COLUMNS=$width "$TRAPEZE" run $how --stats 2>out >/dev/null; fits $width "the account $how"; done
done

# --- tables of the theory: their rows are for 80 columns, and only prose is folded there
row='^ *[a-z-][a-z.0-9-]*  +(holds|fails|never|always|sometimes|requested|undefined|[0-9-]+ +[0-9-]+ )'
for command in 'prove pg:LRA' 'prove pg:SHRINK' 'classify pg:GETMODE' 'classify pg:LRA lra' 'classify riscv sret' 'classify riscv mret --without wfi-traps' \
    'classify riscv --states 1' 'sweep riscv --quick --states 1'; do
    for width in 1000 80 60; do
        COLUMNS=$width timeout -k 5 $patience "$TRAPEZE" $command >out 2>err; fits $width "$command"
        [ $width = 60 ] || grep -E "$row" out >rows.$width || true
    done
    cmp -s rows.1000 rows.80 || { diff rows.1000 rows.80 >out || true; fail "a table of $command is folded"; }
done
[ -s rows.80 ] || fail "no rows of a table were looked at"

# --- the paper's machine in the monitor
cat >wide.pg <<'PG'
        .psw u, 0, 0, 0
        .psw s, a_label_that_takes_up_a_good_deal_of_a_line, 0, 4096
        lpsw psw
psw:    .psw u, a_label_that_takes_up_a_good_deal_of_a_line, 0, 60
        .org 12
a_label_that_takes_up_a_good_deal_of_a_line: getr another_label_that_takes_up_a_good_deal_of_a_line
        lit another_label_that_takes_up_a_good_deal_of_a_line, 3
        svc 0
another_label_that_takes_up_a_good_deal_of_a_line: .word 0, 1
PG
{
    cat infos views
    printf '%s\n' 'goto 0' 'info symbols' 'p psw' 'b a_label_that_takes_up_a_good_deal_of_a_line' 'watch another_label_that_takes_up_a_good_deal_of_a_line' \
        'info b' si si why 'why trap' 'why 5' 'why stuck' 'tr 5' 'x/4xg psw' 'x/8i 2' disassemble 'info registers' si c c
} >views.pg
sed 's/^/help /' names words groups >helps
for width in 80 60; do
    for how in '-M pg --depth 1' '-M pg:GETR' '-M pg:GETR --vmm hybrid' '-M pg --bare' '-M pg --depth 2'; do
        COLUMNS=$width timeout -k 5 $patience "$TRAPEZE" monitor $how wide.pg <views.pg >out 2>err || true
        fits $width "a session $how"
    done
    COLUMNS=$width "$TRAPEZE" monitor -M pg --batch wide.pg -x helps >out 2>&1 || true; fits $width "help of -M pg"
done
"$TRAPEZE" monitor -q -M pg:GETR wide.pg <views.pg >out 2>err || true # as wide as COLUMNS has it
grep -q 'never called' out && grep -q 'Hardware watchpoint' out && grep -q '<a_label_that_takes_up_a_good_deal_of_a_line+1>' out || fail "the session shows nothing"

# --- settings, and what is unknown
env -u COLUMNS "$TRAPEZE" monitor --batch -ex 'help all' >out </dev/null; fits 80 "help into a pipe"
shown 80 -ex 'set width 40' -ex help; fits 40 "help after set width"
shown 40 -ex 'set width 0' -ex 'echo 0123456789 0123456789 0123456789 0123456789 0123456789\n'; [ "$(wc -l <out)" = 1 ] || fail "set width 0"
shown 80 -ex 'set width wide'; grep -q "set width takes a number up to 10000, or unlimited, not 'wide'" out || fail "set width wide"
shown 80 -ex 'set pager maybe'; grep -q "set pager is on or off, not 'maybe'" out || fail "set pager maybe"

# --- every word of ARCHITECTURE's terminology is explained
sed -n '/^## 2\. Terminology/,/^## 3/s/^| \([^|]*\) | .*/\1/p' "$architecture" | grep -vE '^(word|---.*)$' | sed 's/, /\n/g' >terms
[ "$(wc -l <terms)" -ge 20 ] || fail "ARCHITECTURE has no terminology"
while read -r term; do
    shown 80 -ex "help $term"
    head -1 out | grep -qF -- "$term" && [ "$(wc -l <out)" -gt 1 ] || fail "help does not explain '$term'"
done <terms
# ... and those that it leads on to are there.
glossaries=("$OLDPWD/monitor/view/glossary.def" "$OLDPWD"/isa/*/glossary.def)
[ ${#glossaries[@]} -ge 4 ] || fail "not every instruction set has a glossary"
cat "${glossaries[@]}" >glossary
sed -n 's/^TERM("\(.*\)",$/\1/p' glossary >terms
[ "$(wc -l <terms)" -gt 100 ] || fail "the glossaries have $(wc -l <terms) terms"
while read -r term; do # by each of its names, and one that has several meanings has them all
    tr ',' '\n' <<<"$term" | sed 's/^ */help /' >helps
    shown 80 -x helps; [ "$(grep -cxF -- "$term" out)" = "$(wc -l <helps)" ] || fail "a name of '$term' does not explain it"
done <terms
grep -oE '^ +"[^"]*"\)$' glossary | sed 's/^ *"//; s/")$//; s/, /\n/g' | sort -u | grep . >leads
while read -r term; do echo "help $term"; done <leads >helps
shown 80 -x helps; [ ! -s err ] || fail "a word leads nowhere"
t 0 monitor --batch -ex 'complete help situ' -ex 'complete help vm'; shows 'help situation'; shows 'help vmm'
