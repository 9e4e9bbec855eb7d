#!/usr/bin/env bash
# test_comments.sh - of the lines of each room that are not blank, at least 15 in a hundred have a comment: what the code cannot say
# itself, which is why. Tables (*.def) are data. Counting is no judgement: a reader decides whether a comment says anything. Then it counts a small
# house whose share is known, and demands that a room below the line is found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

least=15 # in a hundred

# shares: "ROOM LINES COMMENTED" of each room, where a line counts that has a part of a comment; what looks like one in a string is none.
shares() {
    local room
    for room in mmu isa devices core monitor; do
        find "$room" -type f \( -name '*.c' -o -name '*.h' \) -exec cat {} + | awk -v room="$room" '
        {
            gsub(/\\./, "") # escaped: a quote in a string, or a backslash
            gsub(/"[^"]*"/, "\"\"")
        }
        !inside && /^[[:space:]]*$/ { next }
        { lines++; has = inside }
        {
            rest = $0
            while (1) {
                if (inside) {
                    if (!(at = index(rest, "*/")))
                        break
                    rest = substr(rest, at + 2)
                    inside = 0
                } else {
                    if (!(at = match(rest, /\/\*|\/\//)))
                        break
                    has = 1
                    if (substr(rest, at, 2) == "//")
                        break
                    rest = substr(rest, at + 2)
                    inside = 1
                }
            }
            commented += has
        }
        END { print room, lines + 0, commented + 0 }'
    done
}

# check: a line for each room; fails when one has less than it should.
check() {
    shares | awk -v least="$least" '
    $2 == 0 { print $1 ": no source is there"; low = 1; next }
    {
        printf "%s: %d of %d lines have a comment, %.1f in a hundred\n", $1, $3, $2, 100 * $3 / $2
        if (100 * $3 < least * $2)
            low = 1
    }
    END { exit low }'
}

self_test() {
    mkdir -p "$scratch/house" && cd "$scratch/house"
    mkdir -p mmu isa devices core monitor
    for room in mmu isa devices core; do printf '/* why\n * so */\nint x; // because\n\nint y;\n' >$room/one.c; done
    { printf 'int v; /* v */ int w; /* w\n\n and more */\nconst char *s = "/* none \\" // here", *t = "*/";\n'; seq 16 | sed 's/.*/int a&;/'; } >monitor/one.c
    check >said || { cat said >&2; echo "a house with enough comments was refused" >&2; exit 1; }
    grep -qx 'mmu: 3 of 4 lines have a comment, 75.0 in a hundred' said || { cat said >&2; exit 1; }
    grep -qx 'monitor: 3 of 20 lines have a comment, 15.0 in a hundred' said || { cat said >&2; exit 1; }
    echo 'int b;' >>monitor/one.c
    if check >said; then
        echo "a room with too few comments was not found" >&2
        exit 1
    fi
}

if ! check; then
    echo "of a room, less than $least lines in a hundred say why" >&2
    exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(self_test)
