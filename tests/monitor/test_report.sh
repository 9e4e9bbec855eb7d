#!/usr/bin/env bash
# `trapeze report`: one page that needs no other and holds every finding; the same as JSON and as CSV; files written whole or not at all. In a
# browser, where there is one, the page is used as a reader would use it (report_selftest.js), as wide as a desk and as a telephone.
selftest=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/report_selftest.js
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# long STATUS WORD...: as t, for what takes its time in instrumented builds.
long() {
    local wanted=$1 status=0
    shift
    timeout -k 5 $patience "$TRAPEZE" "$@" >out 2>err </dev/null || status=$?
    [ $status = "$wanted" ] || fail "trapeze $*: exit status $status, not $wanted"
}

# valid FILE: is it one JSON value? Strings, then literals, then innermost arrays and objects become V, until one V is left.
valid() {
    awk '{
        gsub(/"([^"\\]|\\["\\\/bfnrtu])*"/, "S"); gsub(/ /, "")
        gsub(/-?[0-9]+(\.[0-9]+)?|true|false|null/, "V"); gsub(/S:S/, "S:V")
        do {
            before = length($0)
            gsub(/\[\]|\{\}/, "V"); gsub(/S:V/, "M"); gsub(/M(,M)+/, "M"); gsub(/\{M\}/, "V")
            gsub(/\[[VS](,[VS])*\]/, "V"); gsub(/S:S/, "S:V")
        } while (length($0) < before)
        if ($0 != "V") exit 1
    } END { exit NR != 1 }' "$1" || fail "$1 is not one JSON value"
}

# --- bad usage
t 0 help report; shows "--html FILE"
t 0 report --help; shows "usage: trapeze report"; shows "pg:JRST1"; quiet
t 2 report; says "wants an instruction set"
t 2 report riscv; says "wants a file to write to"
t 2 report risc --html x.html; says "is 'riscv' meant?"
t 2 report pg:JRTS1 --html x.html; says "JRST1"
t 2 report riscv:JRST1 --html x.html; says "no variants"
t 2 report riscv pg --html x.html; says "one instruction set"
t 2 report riscv --html; says "needs a value"
t 2 report riscv --html a --html b; says "given twice"
t 2 report riscv --html a --json a; says "cannot both go to a"
t 2 report riscv --html - --json -; says "stdout"
t 2 report riscv --json a --csv a; says "cannot both go to a"
t 2 report riscv --csv a --html a; says "cannot both go to a"
t 2 report riscv --html a --seed many; says "--seed wants a number"
t 2 report riscv --html a --states 0; says "--states wants 1 to 4096"
t 2 report riscv --html a --states 4097; says "--states wants 1 to 4096"
t 2 report riscv --htlm a; says "is --html meant?"
t 1 report riscv --html no/such/folder/x.html; says "no/such/folder"
mkdir folder
t 1 report riscv --html folder; says "folder cannot be written"
t 1 report riscv --html ""; says "empty"
t 1 report riscv --html exit0.bin/x.html; says "cannot be written"
[ "$(ls folder | wc -l)" = 0 ] && [ ! -e a ] && [ ! -e x.html ] || fail "something was written"

# --- the page and the data
long 0 report riscv --html riscv.html --json riscv.json
grep -qxE 'riscv\.html \([0-9.]+ [kM]B\) and riscv\.json \([0-9.]+ [kM]B\) are written' err || fail "stderr does not say what is written, and that alone"
[ ! -s out ] || fail "stdout is not empty"
[ "$(head -c 15 riscv.html)" = "<!doctype html>" ] && [ "$(tail -n 1 riscv.html)" = "</html>" ] || fail "the page is not whole"
[ "$(wc -c <riscv.html)" -lt 2000000 ] || fail "the page is too large: $(wc -c <riscv.html) bytes"
valid riscv.json
! grep -v "createElementNS('http://www.w3.org/2000/svg'" riscv.html |
    grep -nE 'https?://|src=|@import|fetch\(|XMLHttpRequest|<link|<img|<iframe' ||
    fail "the page loads something"
! grep -oE 'url\([^)]*\)' riscv.html | grep -v 'url(#' || fail "the page loads something by url()"
! grep -oE 'href="[^"]*"' riscv.html | grep -v 'href="#' || fail "the page links to something"
grep -q "default-src 'none'" riscv.html || fail "the page may load something"
! grep -qE '@[A-Z]+@' riscv.html || fail "a part of the page is missing"
data=$(sed -n 's/.*id="data">\(.*\)<\/script>$/\1/p' riscv.html)
case $data in '{"words":['*'"}') ;; *) fail "the page has no data" ;; esac
case $data in *'<'*) fail "the data could end the script" ;; esac
long 0 classify riscv --json
grep -o '"subject": "[^"]*"' out >wanted
cut -d '"' -f 4 wanted >subjects
grep -o '"subject": "[^"]*"' riscv.json >found
grep -o '"states_examined": [0-9]*' out | grep -qf - riscv.json || fail "not as many states as classify examines"
head -n "$(wc -l <wanted)" found | cmp -s wanted - || fail "not the findings that classify lists"
long 0 prove riscv --json
grep -o '"critical": \[[^]]*\]' out >wanted
grep -o '"critical": \[[^]]*\]' riscv.json | cmp -s wanted - || fail "not the critical rows that prove names"
head -c 200 riscv.json | grep -q '^{"schema": 1, "version": "[0-9.]*", "isa": "riscv", "variant": null, "seed": 1,' ||
    fail "not the data's head"

# --- the table: a line for each finding of each configuration, as many fields in each, and what is critical is what the data says
long 0 report riscv --csv riscv.csv; grep -qxE 'riscv\.csv \([0-9.]+ [kM]B\) is written' err || fail "stderr does not say what is written"
[ ! -s out ] || fail "stdout is not empty"
grep -q $'\r$' riscv.csv || fail "lines of a CSV file end with CR LF"
tr -d '\r' <riscv.csv | sed -E 's/"([^"]|"")*"/q/g' >plain.csv
awk -F, 'NR == 1 { n = NF } NF != n { exit 1 } END { exit NR < 2 }' plain.csv || fail "lines of the table differ in their number of fields"
head -n 1 plain.csv | grep -q '^isa,variant,without,subject,.*,in_U,in_S,in_M,evidence,' || fail "not the table's head"
awk -F, 'NR > 1 && $3 == "" { print $4 }' plain.csv | cmp -s - subjects || fail "not the findings that classify lists"
awk -F, -v ORS=, '$3 == "counters-off" && $11 == "critical" { print $4 }' plain.csv >critical
grep -o '"without": "counters-off".*"without": "wfi-traps"' riscv.json | grep -o '"critical": \[[^]]*\]' | head -n 1 |
    sed 's/.*\[//; s/[] "]//g; s/$/,/' | tr -d '\n' | cmp -s - critical || fail "not what is critical without counters-off"
grep -q '^riscv,,,csrr.mvendorid,csrrs,Zicsr,0xf11,1,' plain.csv && grep -q '^riscv,,,csrr.mhartid,csrrs,Zicsr,0xf14,0,' plain.csv ||
    fail "mvendorid is a constant, mhartid is none"

# --- a variant; what is made twice is the same; stdout; links stay links, permissions stay
long 0 report pg:LRA --html -; quiet; mv out lra.html
echo old >target; chmod 640 target; ln -s target link
long 0 report pg:LRA --html link --json -; grep -q "^link (.*) is written$" err || fail "stderr does not name the one file"; mv out lra.json
cmp lra.html target || fail "two pages of the same differ"
[ -L link ] && [ "$(readlink link)" = target ] || fail "the link was replaced"
[ "$(stat -c %a target)" = 640 ] || fail "the permissions have changed"
valid lra.json
grep -q '"theorem1": false' lra.json && grep -q '<li>pg:LRA: Theorem 1 does not hold' lra.html || fail "pg:LRA is virtualizable"

# --- a failure leaves the old file
echo old >target
(trap '' XFSZ; ulimit -f 8; long 1 report pg:LRA --json target) || exit 1
says "target cannot be written"
[ "$(cat target)" = old ] || fail "the old file is lost"
! ls ./*.part 2>/dev/null || fail "half a file was left"
if [ -c /dev/full ]; then
    long 1 report pg:LRA --html /dev/full; says "/dev/full cannot be written"
    [ -c /dev/full ] || fail "/dev/full is no device any more"
fi

# K with the guest's ring 0 in real ring 1: the title says so, the data have it, and the page says how it was made.
t 0 report ia32:traps --ring 1 --states 1 --html ring.html --json ring.json
grep -q '<title>Is ia32:traps virtualizable, its ring 0 in real ring 1?' ring.html || fail "the page does not say which ring"
grep -q '"ring": 1' ring.json && grep -q 'ring 0 in real ring 1 under CR0.WP' ring.json || fail "the data do not say which ring"
! sed -n '/<script>/,$p' ring.html | grep 'user mode' | grep -vE "definitions' user mode|^const userMode = report.ring" || fail "the page calls ring 1 user mode"
grep -q 'report.ring' ring.html || fail "the page does not say how it was made"

# --- in a browser
rest="all but the page in a browser"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "$rest: there is no chromium"
# dump FILE OPTION...: the page after its scripts have run.
dump() {
    local file=$1
    shift
    rm -rf profile
    HOME=$work timeout -k 5 $patience "$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic \
        --no-first-run --disable-background-networking --disable-component-update --disable-sync --user-data-dir="$work/profile" \
        --allow-file-access-from-files "$@" --dump-dom "file://$work/$file" 2>browser.log || true
}
# page NAME: with the self-test at its end; and that in a frame as wide as a telephone.
page() {
    {
        cat "$1.html"
        printf '<script type="application/json" id="truth">'
        sed 's/</\\u003c/g' "$1.json"
        printf '</script>\n<script>\n'
        cat "$selftest"
        printf '</script>\n'
    } >"$1.test.html"
    printf '<!doctype html><body style="margin: 0"><iframe src="%s.test.html" width="390" height="844" style="border: 0"></iframe>
<script>onmessage = e => document.body.replaceChildren(e.data)</script>' "$1" >"$1.phone.html"
}
# browse FILE: what the page says in the end.
browse() {
    dump "$1" --window-size=1280,900 --virtual-time-budget=60000 >out
    grep -qE "selftest [0-9]+ px: ([0-9]+) of \1(<|$)" out && ! grep -q FAILED out ||
        { grep -E 'selftest|FAILED' out | cut -c 1-400; tail -n 5 browser.log; : >out; fail "$1 in the browser"; }
    grep -oE 'selftest [0-9]+ px: [0-9]+ of [0-9]+' out
}
echo '<body><script>document.body.append("he", "re")</script>' >try.html
dump try.html | grep -q here || skip "$rest: $browser does not start here"
page riscv
browse riscv.test.html
browse riscv.phone.html
page lra
browse lra.test.html
browse lra.phone.html
# On paper each is one page.
for name in riscv lra; do
    rm -rf profile
    HOME=$work timeout -k 5 $patience "$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic \
        --no-first-run --disable-background-networking --disable-component-update --disable-sync --user-data-dir="$work/profile" \
        --no-pdf-header-footer --print-to-pdf="$work/$name.pdf" "file://$work/$name.html" 2>browser.log || true
    [ -s $name.pdf ] || fail "$name.html is not printed"
    [ "$(grep -a -o '/Count [0-9]*' $name.pdf)" = "/Count 1" ] || fail "$name.html is not one page on paper"
done
