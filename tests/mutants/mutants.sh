#!/usr/bin/env bash
# mutants.sh FOLDER [FAULT...] - a test of the tests. Every fault of faults.psv is planted in a copy of the source, all of them in one
# build, where each sleeps until TRAPEZE_MUTANT names it (mutant.h). Then the checks that its line names are run with that fault awake, and
# each has to notice. FAULT: a number or an id of the list, to try these alone.
# mutants.sh FOLDER --ask FAULT...  runs all checks there are with these faults awake and prints which notice: for the line of a new one.
# mutants.sh --plant                only plants them, in a copy that is not kept: can they be, still?
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
list=$here/faults.psv
least=60    # planted faults, or it is no test of the tests
limit=900   # seconds: what takes longer hangs, and has noticed nothing
fuzz_runs=3000
export LC_ALL=C

die() { echo "mutants: $*" >&2; exit 2; }

# plant COPY: the source, with all faults in it.
plant() {
    local entry
    rm -rf "$1"
    mkdir -p "$1"
    for entry in "$root"/*; do
        case ${entry##*/} in build*) ;; *) cp -Rp "$entry" "$1/" ;; esac
    done
    awk -v root="$1" -f "$here/plant.awk" "$list" "$here"/*.plant || die "so there is nothing to be built"
}

# program CHECK NUMBER: sets `program` to what it runs with that fault. All that is none of these is a test's name.
program() {
    local trapeze=$folder/build/trapeze
    case $1 in
    classify) program=("$trapeze" classify riscv) ;;
    classify_pg) program=("$trapeze" classify pg) ;;
    prove_pg) program=("$trapeze" prove pg) ;;
    sweep) program=("$trapeze" sweep riscv -quick -states 1 -jobs 1) ;; # what one state shows, four do
    verify) program=("$trapeze" verify) ;;
    random) program=("$folder/build/tests/random_guests" --insns 2M --seed 5) ;;
    fuzz_*) program=("$folder/build/tests/$1" "$fuzz_runs") ;;
    proof_*) program=(bash "$here/mutants.sh" "$folder" --prove "$2" "${1#proof_}") ;;
    *) program=("$folder/build/tests/$1") ;;
    esac
}

# satisfied CHECK OUTPUT: a check that ended well may have said all the same that something is not as claimed.
satisfied() {
    case $1 in
    classify*) awk '/ findings, of which / { said = 1; if ($1 != $5) exit 1 } END { if (!said) exit 1 }' "$2" ;;
    esac
}

# prove NUMBER GOAL: a proof reads the source and runs no program, so it has a copy in which this fault is awake for good. The solver that the model
# checker has built in is quick to refute.
prove() {
    local copy=$folder/proof.$1.$2 status=0 entry
    rm -rf "$copy"
    mkdir -p "$copy/tests"
    for entry in isa mmu core examples; do cp -Rp "$root/$entry" "$copy/"; done
    cp -Rp "$root/tests/proofs" "$copy/tests/"
    awk -v root="$copy" -v awake="$1" -f "$here/plant.awk" "$list" "$here"/*.plant
    [ "$1" = 0 ] || export PROVE_SOLVER=
    bash "$copy/tests/proofs/run.sh" --jobs 1 --limit $((limit / 2)) "$2" >"$copy/said" || status=$?
    cat "$copy/said"
    if grep -q undecided "$copy/said"; then status=124; fi # that is no notice
    rm -rf "$copy"
    return "$status"
}

# ask NUMBER CHECK: one line, "NUMBER CHECK STATUS"; 0: it has noticed nothing, 77: it cannot run here.
ask() {
    local status=0
    program "$2" "$1"
    (cd "$folder/source" && TRAPEZE_MUTANT=$1 timeout "$limit" "${program[@]}") >"$folder/out/$1.$2" 2>&1 </dev/null || status=$?
    if [ "$status" = 0 ] && ! satisfied "$2" "$folder/out/$1.$2"; then status=1; fi
    [ "$status" = 126 ] || [ "$status" = 127 ] || [ "$status" = 124 ] || rm -f "$folder/out/$1.$2"
    echo "$1 $2 $status"
}
# ask_all FILE: the same of each "NUMBER CHECK" in FILE, as many at once as there are processors. What takes longest begins.
ask_all() {
    awk '{ long = $2 ~ /^(sweep|random|isa_fused|core_v_|classify)/ ? 0 : 1; print long, $0 }' "$1" |
        sort -s -k 1,1n | cut -d ' ' -f 2- | xargs -P "$(nproc)" -L 1 bash "${BASH_SOURCE[0]}" "$folder" --one
}

case ${1:-} in
'') die "usage: mutants.sh FOLDER [--ask] [FAULT...] | --plant" ;;
--plant)
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    plant "$folder/source"
    echo "$(grep -c '^[0-9]' "$list") faults, each planted"
    exit
    ;;
esac
folder=$1
shift
if [ "${1:-}" = --one ]; then
    ask "$2" "$3"
    exit
fi
asking=false
if [ "${1:-}" = --ask ]; then asking=true; shift; fi
if [ "${1:-}" = --prove ]; then
    prove "$2" "$3"
    exit
fi
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
rm -rf "$folder/out"
mkdir "$folder/out"

# Which faults, and the checks of each: "NUMBER CHECK" a line.
awk -F'|' -v wanted=" $* " '/^[0-9]+\|/ && (wanted ~ /^ *$/ || index(wanted, " " $1 " ") || index(wanted, " " $4 " "))' "$list" >"$folder/faults"
[ -s "$folder/faults" ] || die "the list has no such fault: $*"
every_check=$(cut -d '|' -f 5 <(grep '^[0-9]' "$list") | tr ' ' '\n' | sort -u | grep '[a-z]')
if $asking; then
    while IFS='|' read -r number _; do for check in $every_check; do echo "$number $check"; done; done <"$folder/faults"
else
    awk -F'|' '$5 != "-" { n = split($5, check, " "); for (k = 1; k <= n; k++) print $1, check[k] }' "$folder/faults"
fi >"$folder/jobs"

plant "$folder/source"
tests=$(cut -d ' ' -f 2 "$folder/jobs" | sed 's/^random$/random_guests/' | sort -u | grep -E '^(mmu|isa|devices|core|fuzz|random)_' || true)
{
    cmake -S "$folder/source" -B "$folder/build" -G Ninja ${CC:+-D CMAKE_C_COMPILER="$CC"} -D CMAKE_BUILD_TYPE=Release -D TRAPEZE_TESTS=ON -D TRAPEZE_NATIVE=OFF \
        -D "CMAKE_C_FLAGS=-include $here/mutant.h -Wno-misleading-indentation" &&
        cmake --build "$folder/build" --target trapeze_command $tests
} >"$folder/log" 2>&1 || { grep -E 'error|FAILED' "$folder/log" | head -n 20; die "the source with its faults does not build: see $folder/log"; }

# Without a fault each must be content, or its noticing says nothing.
cut -d ' ' -f 2 "$folder/jobs" | sort -u | sed 's/^/0 /' >"$folder/before"
ask_all "$folder/before" >"$folder/content"
awk '$3 != 0 && $3 != 77 { print "with every fault asleep " $2 " ends with status " $3; bad = 1 } END { exit bad }' "$folder/content" ||
    die "so what it notices is none of them"
awk '$3 == 77 { print "not asked, for it cannot run here: " $2 }' "$folder/content"
awk 'NR == FNR { if ($3 == 77) cannot[$2] = 1; next } !($2 in cannot)' "$folder/content" "$folder/jobs" >"$folder/able"
ask_all "$folder/able" >"$folder/answers"

if $asking; then
    sort -n "$folder/answers" | awk -F'[| ]' 'NR == FNR { id[$1] = $0; next }
        !($1 in told) { told[$1] = 1; split(id[$1], c, "|"); printf "%s%s|%s|noticed by", n++ ? "\n" : "", $1, c[4] }
        $3 != 0 && $3 != 124 { printf " %s", $2 } END { print "" }' "$folder/faults" -
    exit
fi
awk -v least="$([ $# -gt 0 ] && echo 1 || echo "$least")" '
    FILENAME == ARGV[1] {
        split($0, column, "|")
        what[column[1]] = "fault " column[1] ", " column[4] ": " column[3]
        order[++faults] = column[1]
        if (column[5] == "-")
            hole[column[1]] = 1
        next
    }
    $3 == 126 || $3 == 127 { print $2 " could not be run"; failed = 1; next }
    { asked[$1]++ }
    $3 != 0 && $3 != 124 { by[$2]++; next }
    { print what[$1] ": not noticed by " $2 ($3 == 124 ? ", which did not end" : ""); missed[$1] = 1; failed = 1 }
    END {
        for (n = 1; n <= faults; n++) {
            one = order[n]
            if (one in hole) { print what[one] ": no check notices it yet"; holes++ }
            else if (!asked[one]) { print what[one] ": none of its checks can run here"; skipped++ }
            else if (!(one in missed)) noticed++
        }
        if (noticed < least) { print "fewer than " least " are noticed"; failed = 1 }
        for (check in by) { names++; name[names] = check }
        for (n = 1; n < names; n++)
            for (k = n + 1; k <= names; k++)
                if (by[name[k]] > by[name[n]]) { swap = name[n]; name[n] = name[k]; name[k] = swap }
        line = noticed + 0 " of " faults - holes - skipped " noticed; by"
        for (n = 1; n <= names; n++)
            line = line (n > 1 ? ", " : " ") name[n] " " by[name[n]]
        if (holes)
            line = line "; " holes " more by none"
        print line
        exit failed
    }' "$folder/faults" "$folder/answers" >"$folder/report" || failed=$?
fold -s -w 80 "$folder/report"
exit "${failed:-0}"
