#!/usr/bin/env bash
# test_rooms.sh BUILD CC - the compiler keeps the rooms apart: with a room's include path (BUILD/rooms/<room>) it finds all of that room, of the
# rooms below what is public, and nothing else. Then a private header is laid there, and a public one taken away, and both are noticed.
set -euo pipefail
build=$(cd "$1" && pwd) cc=$2
cd "$(dirname "${BASH_SOURCE[0]}")/.."
headers=$(find mmu isa devices core monitor tests -name '*.h' | LC_ALL=C sort)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
below() { case $1 in mmu) ;; isa | devices) echo mmu ;; core) echo isa devices mmu ;; monitor) echo core isa devices mmu ;; esac; }

# expected ROOM HEADER: 1 if the room is to find it.
expected() {
    local room=${2%%/*} folder=${2%/*}
    [ "$room" != "$1" ] || { echo 1; return; }
    case " $(below "$1") " in
    *" $room "*) ;;
    *) echo 0; return ;;
    esac
    if [[ $2 == *_private.h ]]; then echo 0; elif [ "$folder" = "$room" ] || [ "${2##*/}" = "${folder##*/}.h" ]; then echo 1; else echo 0; fi
}

# check ROOM PATH: the compiler finds there what the room is to find.
check() {
    for header in $headers; do
        printf '#if !!__has_include("%s") != %s\n#error the room %s finds, or does not find, %s\n#endif\n' "$header" \
            "$(expected "$1" "$header")" "$1" "$header"
    done >"$scratch/$1.c"
    "$cc" -std=gnu17 -fsyntax-only -I "$2" -I "$build/generated" "$scratch/$1.c" 2>"$scratch/said"
}
for room in mmu isa devices core monitor; do
    check $room "$build/rooms/$room" || { grep -m 5 '#error' "$scratch/said"; exit 1; }
done

[[ $headers == *mmu/shadow_private.h* ]] || { echo "a header that is private at the top of its folder is not tried"; exit 1; }
cp -r "$build/rooms/core" "$scratch/planted"
mkdir -p "$scratch/planted/isa/riscv"
ln -s "$PWD/isa/riscv/hart.h" "$scratch/planted/isa/riscv/hart.h"
if check core "$scratch/planted" || ! grep -q 'isa/riscv/hart.h' "$scratch/said"; then echo "a private header is not noticed"; exit 1; fi
rm "$scratch/planted/isa/riscv/hart.h" "$scratch/planted/mmu/phys.h"
if check core "$scratch/planted" || ! grep -q 'mmu/phys.h' "$scratch/said"; then echo "a missing header is not noticed"; exit 1; fi
echo "$(wc -l <<<"$headers") headers, five rooms: each finds what it may, and no other"
