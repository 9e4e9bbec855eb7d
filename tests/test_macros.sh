#!/usr/bin/env bash
# test_macros.sh - a macro that leaves the function around it says so where it is used: by RETURN in its name, or, where it leaves only if
# something fails, by ..._OR_LEAVE, ..._OR_ANY (on to any body that can do it) or LEAVE_UNLESS_... Else a reader takes the line for a call. Two kinds need no such name: macros that define whole functions, which
# leave none but their own, and rows of a table that are the cases of a switch. Then it plants violations in a copy and demands that each is found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# FILE:MACRO REASON.
known() {
    cat <<'END'
END
}

# FILE:LINE: MACRO of each that leaves.
leaving() {
    find mmu isa devices core monitor -type f \( -name '*.c' -o -name '*.h' -o -name '*.def' \) | LC_ALL=C sort | xargs awk '
    BEGIN { says = "([A-Z0-9_]+_)?RETURN(_[A-Z0-9_]+)?|([A-Z0-9_]+_)?OR_(LEAVE|ANY)|LEAVE_UNLESS_[A-Z0-9_]+" }
    # Does the macro define a function? Then a parameter list comes before its first brace.
    function defines(body,    head) {
        head = body
        if (!sub(/\{.*/, "", head))
            return 0
        sub(/^.*;/, "", head) # declarations before it
        return head ~ /\) *$/ && head !~ /(^|[^A-Za-z_0-9])(do|if|else|for|while|switch|case|return)([^A-Za-z_0-9]|$)/
    }
    FNR == 1 { whole = "" }
    {
        more = sub(/\\$/, "")
        if (whole == "") { if ($0 !~ /^[ \t]*#[ \t]*define[ \t]/) next; at = FNR }
        whole = whole $0 " "
        if (more)
            next
        gsub(/\/\*([^*]|\*[^\/])*(\*\/|$)/, "", whole)
        sub(/^[ \t]*#[ \t]*define[ \t]+/, "", whole)
        name = body = whole
        whole = ""
        sub(/[^A-Za-z_0-9].*/, "", name)
        sub(/^[A-Za-z_0-9]+(\([^)]*\))?[ \t]*/, "", body)
        gsub(/[,(] +/, ",", body) # what is handed to a macro is not done here
        if (name ~ "^(" says ")$" || body ~ /^case / || defines(body))
            next
        if (body ~ "(^|[^A-Za-z_0-9,(])(return|goto|" says ")([^A-Za-z_0-9]|$)")
            print FILENAME ":" at ": " name
    }'
}

# check: a line for each violation; fails when there is one.
check() {
    { known | sed 's/^/known /' && leaving; } | awk '
    $1 == "known" { may[$2] = NF > 2; next }
    { split($1, at, ":"); what = at[1] ":" $2; met[what] = 1 }
    !may[what] { print $0 " leaves the function around it, and its name does not say so"; found = 1 }
    END {
        for (what in may)
            if (!met[what]) { print what ": is in the list, and needs it no more"; found = 1 }
        exit found
    }'
}

# plant EXPECTED LINE...: with these lines in a file the check must name EXPECTED ("": be content).
plant() {
    local expected=$1 said
    printf '%s\n' "${@:2}" >isa/planted.h
    if said=$(check); then
        [ -z "$expected" ] || { echo "not found: $expected" >&2; exit 1; }
    elif [ -z "$expected" ] || ! grep -qF -- "isa/planted.h:$expected leaves" <<<"$said"; then
        printf "expected '%s', got:\n%s\n" "$expected" "$said" >&2
        exit 1
    fi
}

check || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" && mkdir mmu isa devices core monitor
known() { :; }
plant "" '#define ADD(a, b) ((a) + (b)) /* to return */' '#define RETURN_SUM return a + b' '#define SUM_OR_LEAVE if (!a) return b'
plant "" '#define BODY(n) static int n(int a) \' '{ \' '    if (a) \' '        return 1; \' '    return 2; \' '}'
plant "" '#define ROW(n) case n: return #n;'
plant "1: SUM" '#define SUM return a + b'
plant "2: TRY" 'int x;' '#define TRY(x) \' '    do { \' '        if (!(x)) \' '            return false; \' '    } while (0)'
plant "1: CHECK" '#define CHECK(x) if (!(x)) { return false; }'
plant "1: OUT" '#  define OUT goto out'
plant "1: NEXT" '#define NEXT RETURN_JUMP(1)'
plant "1: FIRST" '#define FIRST int v = 1; LOAD_OR_LEAVE(v)'
known() { echo "isa/planted.h:SUM a reason"; }
plant "" '#define SUM return a + b'
if said=$(echo >isa/planted.h; check); then echo "a line of the list that nothing needs is not found" >&2; exit 1; fi
known() { echo "isa/planted.h:SUM"; }
plant "1: SUM" '#define SUM return a + b'
echo "no macro leaves a function unseen; every planted one was found"
