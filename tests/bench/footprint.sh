#!/usr/bin/env bash
# footprint.sh [--check [release]] - what `trapeze` takes: its size, the time until a guest's first instruction, memory for guests with
# little and much RAM, and what decoded code and shadow tables take after a boot of Linux. --check compares memory only, and the size of a
# release build (2.5 MiB, with two instruction sets that are fast), and looks at no clock. TRAPEZE names the command, SPENT the helper (spent.c).
. "$(dirname "${BASH_SOURCE[0]}")/../guests/lib.sh"
: "${SPENT:?set SPENT to the helper}"

size() { stat -c %s "$1"; }
# memory OPTION...: KiB at the most, for the guest that the command carries. Layouts differ from run to run: the least of three.
memory() {
    local out
    out=$("$SPENT" -n 3 "$TRAPEZE" run --stats=off "$@") || fail "trapeze run $*: exit status $?"
    echo "${out##* }"
}
modes=("--bare" "--shadow flush" "--shadow trace" "--depth 2 --shadow flush" "--depth 2 --shadow trace")

if [ "${1:-}" = --check ]; then
    [ "${2:-}" != release ] || [ "$(size "$TRAPEZE")" -lt $((5 << 19)) ] || fail "the command has $(size "$TRAPEZE") bytes"
    for mode in "${modes[@]}"; do
        little=$(memory $mode -m 16M)
        much=$(memory $mode -m 1G)
        vast=$(memory $mode -m 32G) # a byte for each page would be 8 MiB
        echo "$mode: $little KiB for a guest of 16 MiB, $much KiB for one of 1 GiB, $vast KiB for one of 32 GiB"
        for more in $much $vast; do # two of the host's large pages may lie otherwise
            [ $((more - little)) -lt $((512 + 2 * 2048)) ] || fail "$mode: memory grows with the guest's"
        done
    done
    exit 0
fi

echo "size: $(size "$TRAPEZE") bytes; $(strip -o "$work/stripped" "$TRAPEZE" && size "$work/stripped") stripped"
echo
# The guest powers off at once (lui t0,0x100; t1 = 0x5555; sw t1,(t0)): all of that is starting up and ending.
printf '\xb7\x02\x10\x00\x37\x53\x00\x00\x13\x03\x53\x55\x23\xa0\x62\x00\x6f\x00\x00\x00' >"$work/off.bin"
start() { # NAME COMMAND...
    local name=$1
    shift
    printf '%-34s %s\n' "$name" "$("$SPENT" -n 51 "$@" | awk '{ print $1 " (" $2 "), processor " $3 }')"
}
echo "start to end of a guest of three instructions, ms: median (least) of 51"
start true true
start "trapeze --version" "$TRAPEZE" --version
for mode in "--bare -m 16M" "-m 16M" "--bare -m 1G" "-m 1G" "-m 1G --shadow trace" "-m 1G --depth 2"; do
    start "trapeze run $mode" "$TRAPEZE" run --stats=off $mode "$work/off.bin"
done
echo
echo "memory at the most, KiB: the guest that the command carries"
for mode in "${modes[@]}"; do
    printf '%-26s -m 16M %6d   -m 1G %6d\n' "$mode" "$(memory $mode -m 16M)" "$(memory $mode -m 1G)"
done
echo
netboot_images
shell=(-m 1G -kernel "$netboot/linux" -initrd "$netboot/initrd.gz" -append "console=ttyS0 rdinit=/bin/sh")
for mode in "${modes[@]}"; do
    printf 'wait # \nsend poweroff -f\\n\n' >"$work/linux.script"
    memory=$("$SPENT" "$TRAPEZE" run --script "$work/linux.script" $mode --stats=json:"$work/linux.json" "${shell[@]}" | awk '{ print $4 }')
    echo "Linux to its shell and off, -m 1G $mode: $((memory / 1024)) MiB at the most"
    python3 - "$work/linux.json" <<'END'
import json, sys
a = json.load(open(sys.argv[1]))
m = a["machines"][0]
print("  decoded code: %d of %d pages, %.1f MiB; %d decoded, %d taken back" % (
    m["decoded_pages"], m["decoded_room"], m["decoded_bytes"] / 2**20, m["decodes"], m["decoded_evicted"]))
for m in a["machines"][1:]:
    print("  shadow of %s: %d of %d frames; exhausted %d times, %d taken back; %d roots recycled" % (
        m["name"], m["shadow_frames_used"], m["shadow_frames"], m["shadow_exhausted"], m["shadow_evicted"], m["shadow_roots_recycled"]))
END
done
