#!/usr/bin/env bash
# --trace-out: trace events as Chrome and Perfetto read them, as many of each kind as the account counts, the same in every run.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
pg=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../examples/pg" 2>/dev/null && pwd) || pg=

# events FILE: an event a line, and what is around them.
events() { sed -e 's/\(\[\|}, \){"name"/\1\n{"name"/g' -e 's/\], "otherData"/\n&/' "$1"; }

# well_formed FILE: brackets balance outside of strings; every event has what the format asks for; on each track events are in order
# and slices do not overlap.
well_formed() {
    [ "$(wc -l <"$1")" = 1 ] || fail "$1 is not one line"
    events "$1" >lines
    grep -q '^{"displayTimeUnit": "ns", "traceEvents": \[$' lines || fail "$1: no beginning"
    tail -n 1 lines | grep -q '^\], "otherData": {.*"events": [0-9]*, "dropped": [0-9]*}}$' || fail "$1: no end"
    awk -v file="$1" '
        function no(why) { print file ": line " NR ": " why ": " $0; bad = 1; exit 1 }
        function field(name,  m) { return match($0, "\"" name "\": [^,}]*") ? substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 4) : "" }
        { text = $0; gsub(/"([^"\\]|\\.)*"/, "", text); n = length(text)
          for (i = 1; i <= n; i++) { c = substr(text, i, 1); open += (c == "{" || c == "["); open -= (c == "}" || c == "]"); if (open < 0) no("brackets") } }
        !/^\{"name"/ { next }
        { ph = field("ph"); ts = field("ts"); tid = field("tid")
          if (field("pid") != 1 || tid !~ /^[0-9]+$/ || ts !~ /^[0-9.]+$/ || $0 !~ /^\{"name": "[^"]+"/) no("not an event") }
        ph == "\"M\"" { if ($0 ~ /"thread_name"/) named[tid] = 1; next }
        { if (!named[tid]) no("a track without a name"); if (ts + 0 < end[tid] - 0.00001) no("out of order"); end[tid] = ts + 0 }
        ph == "\"X\"" { if (field("dur") !~ /^[0-9.]+$/) no("no duration"); end[tid] += field("dur"); next }
        ph == "\"i\"" { if (field("s") != "\"t\"") no("no scope"); next }
        { no("another phase") }
        END { if (!bad && open) { print file ": brackets"; exit 1 } exit bad }' lines || fail "$1 is not a trace"
    ! command -v python3 >/dev/null || python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$1" || fail "$1 is not JSON"
}
account() { sed -n "s/.*\"name\": \"$1\", \(.*\)/\1/p" account.json | sed -e 's/}, {"name".*//' | grep -o "\"$2\": [0-9]*" | head -n 1 | grep -o '[0-9]*$'; }
count() { grep -c "\"cat\": \"$1\".*\"tid\": $2," lines || true; }
# counts LEVEL: the trace's events are those of the account.
counts() {
    local level=$1 vm=vm$1
    [ "$(count emulated "$level")" = "$(account "$vm" emulated)" ] || fail "$vm: $(count emulated "$level") emulated"
    [ "$(count interpreted "$level")" = "$(account "$vm" interpreted)" ] || fail "$vm: $(count interpreted "$level") interpreted"
    [ "$(count filled "$level")" = "$(account "$vm" shadow_fills)" ] || fail "$vm: $(count filled "$level") filled"
    [ "$(count reflected "$level")" = "$(account "$vm" reflected)" ] || fail "$vm: $(count reflected "$level") reflected"
    local all=$(($(count emulated "$level") + $(count interpreted "$level") + $(count filled "$level") + $(count reflected "$level")))
    [ "$all" = "$(account "$vm" traps)" ] || fail "$vm: $all events, $(account "$vm" traps) traps"
}

# --- the embedded kernel at depths 1 and 2, under both policies
t 0 run --stats=json:account.json --trace-out one.json; quiet
well_formed one.json
counts 1
[ "$(grep -c '"name": "sret", "cat": "emulated"' lines)" = "$(account vm1 sret)" ] || fail "not every sret"
[ "$(grep -c '"cat": "interrupted"' lines)" = 5 ] || fail "not the five timer interrupts"
grep -q '"mode": "S", .*"instruction": "csrr[^"]*", "owner": "v_i"' lines || fail "no csr instruction in virtual S-mode"
grep -q '"owner": "device"' lines || fail "no device access"
grep -q '"fill": {"va": "0x10000", "guest": "0x80[0-9a-f]*", "host": "0x80[0-9a-f]*", "rights": "r-x"' lines || fail "user text is not filled r-x"
# The guest's mode: slices that follow each other without a gap, from the first instruction to the last.
grep '"cat": "mode"' lines | awk '{ match($0, /"ts": [0-9.]+/); ts = substr($0, RSTART + 6, RLENGTH - 6); match($0, /"dur": [0-9.]+/)
    if (ts - end > 0.0005 || end - ts > 0.0005) exit 1
    end = ts + substr($0, RSTART + 7, RLENGTH - 7) } END { printf "%.3f\n", end }' >end || fail "gaps between modes"
# Every sret of this kernel goes to user mode: there, and nowhere else, U begins.
grep '"name": "sret", "cat": "emulated"' lines | grep -o '"retired": [0-9]*' | awk '{ printf "%.3f\n", ($2 + 1) / 1000 }' >srets
grep '"name": "U", "cat": "mode"' lines | grep -o '"ts": [0-9.]*' | cut -d' ' -f2 >users
cmp srets users || fail "user mode does not begin where sret ends"
retired=$(grep -o '"retired": [0-9]*' account.json | head -n 1 | grep -o '[0-9]*$')
[ "$(tr -d . <end)" = "$retired" ] || fail "the modes end at $(cat end), the run at $retired"
t 0 run --stats=off --trace-out again.json
cmp one.json again.json || fail "two runs, two traces"
for policy in flush trace; do
    t 0 run --depth 2 --shadow $policy --stats=json:account.json --trace-out two.json; quiet
    well_formed two.json
    counts 1
    counts 2
done
t 0 run --vmm hybrid --stats=off --trace-out hybrid.json; quiet
well_formed hybrid.json
if [ -n "$pg" ]; then
    t 0 run --stats=json:account.json --trace-out pg.json -M pg "$pg/traps.pg"; quiet
    well_formed pg.json
    counts 1
fi

# --- bounds
t 0 run --stats=off --trace-limit 64K --trace-out short.json; says "short.json ends before the run does"
well_formed short.json
[ "$(wc -c <short.json)" -le 65536 ] && [ "$(wc -c <short.json)" -gt 64000 ] || fail "short.json has $(wc -c <short.json) bytes"
whole=$(grep -o '"events": [0-9]*' one.json | grep -o '[0-9]*$')
[ "$(grep -o '"\(events\|dropped\)": [0-9]*' short.json | awk '{ n += $2 } END { print n }')" -le "$whole" ] || fail "more events than there are"

# --- refusals: before anything runs, and nothing is left
t 2 run --bare --trace-out bare.json; says "--bare and --trace-out exclude each other"
t 2 run --trace-out -; says "stdout is the guest's console"
t 2 run --trace-limit 1M; says "--trace-limit needs --trace-out"
t 2 run --trace-limit 1K --trace-out x.json; says "wants at least 64K"
t 1 run --trace-out /nowhere/x.json; says "/nowhere/x.json"
[ ! -s out ] || fail "the guest ran"
[ ! -e bare.json ] && [ ! -e x.json ] || fail "a file is left"
echo before >kept.json
t 1 run -kernel no-such-file --trace-out kept.json
[ "$(cat kept.json)" = before ] || fail "the old file is lost"
# A run that ends at its limit leaves a trace, too.
t 121 run --max-insns 100K --stats=off --trace-out limit.json
well_formed limit.json

# --- the account: rates, levels, and times only when asked
t 0 run --depth 2 --stats=json:account.json
traps=$(account vm2 traps)
own=$(grep -o '"own_traps": [0-9]*' account.json | grep -o '[0-9]*$')
[ "$own" = 36 ] || fail "$own traps of the guest's own, not the 29 and 7 of a bare machine"
expected=$(awk "BEGIN { printf \"%.4f\", $traps / $own }")
grep -q "\"amplification\": $expected," account.json || fail "vm2's amplification is not $expected"
expected=$(awk "BEGIN { printf \"%.4f\", $(account vm1 traps) / $traps }")
grep -q "\"amplification\": $expected," account.json || fail "vm1's amplification is not $expected"
expected=$(awk "BEGIN { printf \"%.4f\", $(account vm1 traps) / $own }")
grep -q "\"host_traps_per_own_trap\": $expected" account.json || fail "not $expected traps of the host for each of the guest's own"
expected=$(awk "BEGIN { printf \"%.6f\", 1 - $(account vm2 shadow_fills) / ($(account vm2 direct) + $traps) }")
grep -q "\"shadow_hit_rate\": $expected" account.json || fail "vm2's shadow hit rate is not $expected"
! grep -q 'seconds\|_ns' account.json || fail "a time that nobody asked for"
t 0 run --stats=json --stats=time --depth 2
grep -q '"exit_cost": {"emulated": {"count": 276, "mean_ns": [0-9.]*}' err && grep -q '"seconds": [0-9]' err || fail "no times"
t 0 run --stats=time
grep -q 'host time, which differs from run to run' err && grep -q 'an exit takes .* ns (emulated)' err || fail "no times"
t 0 run --stats=text
! grep -q 'host time' err || fail "a time that nobody asked for"
