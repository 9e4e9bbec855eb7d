#!/usr/bin/env bash
# outcomes.sh here|qemu - 671,744 encodings, all 16-bit ones among them and every CSR by every instruction, executed in U, S and M by a guest,
# with all open that M-mode can open to the others, and 180,224 of them with all shut: which complete, and which trap for what cause. here: the same on the bare machine and in virtual ones. qemu: the same on
# qemu-system-riscv64, but for what outcomes-qemu.psv lists.
mode=$1
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(dirname "${BASH_SOURCE[0]}")
kernel=$(dirname "$TRAPEZE")/tests/outcomes.elf
[ -e "$kernel" ] || skip "$kernel was not built"

compare_with_qemu() {
    awk -v listed="$here/outcomes-qemu.psv" '
    function number(text,    n, i) {
        for (i = 1; i <= length(text); i++) n = 16 * n + index("0123456789abcdef", substr(text, i, 1)) - 1
        return n
    }
    function known(group, at, a, b,    n) {
        for (n = 1; n <= lines; n++)
            if (group ~ "^" pattern[n] "$" && at >= first[n] && at <= last[n] && a == mine[n] && b == theirs[n]) { used[n] = 1; return 1 }
        return 0
    }
    BEGIN {
        while ((getline line < listed) > 0) {
            if (line ~ /^#/ || line ~ /^group/) continue
            if (split(line, p, "|") != 6 || p[6] == "") { print "bad line: " line; bad = 1 }
            pattern[++lines] = p[1]; first[lines] = number(p[2]); last[lines] = number(p[3]); mine[lines] = p[4]; theirs[lines] = p[5]
        }
    }
    FNR == 1 { file++ }
    {
        group = NF == 3 ? $1 : $1 " " $2 " " $3 " " $4
        split($(NF - 1), range, "-")
        to = number(range[2])
        for (at = number(range[1]); at <= to; at++) {
            if (group ~ /^16/ && at % 4 == 3) continue
            if (file == 1) { ours[group, at] = $NF; all++; continue }
            other++
            if (!((group, at) in ours)) { print group, at ": only there"; bad = 1 }
            else if (ours[group, at] != $NF) {
                differ++
                if (!known(group, at, ours[group, at], $NF)) { printf "%s %x: here %s, there %s\n", group, at, ours[group, at], $NF; bad = 1 }
            }
        }
    }
    END {
        if (all != 2 * (8 * 4 * 4096 + 3 * 16384) + 2 * 60 * 4096 || other != all) { print all " and " other " encodings"; bad = 1 }
        for (n = 1; n <= lines; n++) if (!used[n]) { print "not needed: line " n; bad = 1 }
        print 3 * all " outcomes compared; " differ " encodings differ and are listed"
        exit bad
    }' "$work/bare.out" "$work/qemu.out" >"$work/compared" || { head -n 40 "$work/compared"; fail "QEMU"; }
    cat "$work/compared"
}

if [ "$mode" = qemu ]; then
    . "$here/qemu.sh"
    qemu_here
    run bare 0 --bare -bios none -kernel "$kernel"
    qemu_run "$kernel" "$work/qemu.out"
    compare_with_qemu
else
    run bare 0 --bare -bios none -kernel "$kernel"
    run depth1 0 -bios none -kernel "$kernel"
    run hybrid 0 --vmm hybrid -bios none -kernel "$kernel"
    for other in depth1 hybrid; do same bare $other; done
    expect bare "73 0 0 0 302-302 22."  # mret
    expect bare "73 0 0 0 102-102 2.."  # sret, and under TSR
    expect bare "73x 0 0 0 102-102 22."
fi
