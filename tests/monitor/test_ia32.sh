#!/usr/bin/env bash
# The monitor at a PC: addresses of segments, ports, calls, both syntaxes, tables, two levels of pages, the screen; a state in a file, and back in time;
# and GDB, in code of 16 bits and of 32.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
built=$(cd "$(dirname "$TRAPEZE")" && pwd)/examples
[ -e "$built/pc.elf" ] && [ -e "$built/pc.img" ] || skip "$built/pc.elf was not built"
disk="file=$built/pc.img,format=raw,if=ide,snapshot=on"

# m COMMAND...: at the kernel that the command carries. s COMMAND...: at the disk's boot sector.
m() { local c=() x; for x; do c+=(-ex "$x"); done; t 0 monitor -M ia32 --bare --batch -q "${c[@]}"; }
s() { local c=() x; for x; do c+=(-ex "$x"); done; t 0 monitor -M ia32 --bare --batch -q -drive "$disk" "${c[@]}"; }
line() { grep -qE -- "$1" out || fail "no line like: $1"; }
count() { [ "$(grep -cE -- "$2" out)" = "$1" ] || fail "not $1 lines like: $2"; }
# refuses TEXT COMMAND: the last of them fails with the text.
refuses() {
    local c=() x
    for x in "${@:2}"; do c+=(-ex "$x"); done
    t 1 monitor -M ia32 --bare --batch -q -drive "$disk" "${c[@]}"
    cat out err | grep -qF -- "$1" || fail "not said: $1"
}

# --- segments and offsets: the boot sector lies at 7c00, by whatever segment
s 'x/1i 0x7c0:0' 'x/1i 0x700:0xc00' 'p/x 0x7c0:0x10+4' 'x/1xh $cs:0x7dfe' 'p/x $cs:$eip' 'p/x $pc' 'p 1 ? 2 : 3' 'b 0x7c0:0x4' c
count 2 '^=> 0x7c00:.*cli'
for text in '= 0x7c14$' 'aa55' '= 0x7c00$' '= 2$' '^Breakpoint 1, 0x0000000000007c04 '; do line "$text"; done
line '\(real-address mode, [0-9]+ retired\)'
s 'b *0x7c0:1' 'b *$cs:0x7c04' c 'tb *0x7c0:8' 'until *0x7c0:6' # with gdb's star, too, and digits alone behind the colon
line '^Breakpoint 1 at 0x0000000000007c01'; line '^Breakpoint 2 at 0x0000000000007c04'; line '^Temporary breakpoint 3 at 0x0000000000007c08'
m 'tb *$pc+2' c; line '\(ring 0, 1 retired\)'
m disassemble; [ "$(wc -l <out)" -le 4100 ] || fail "a label without a size ends nowhere"
refuses "0x12345 selects no segment as the machine is now" 'p 0x12345:0'

# A ROM begins at the top of memory, in a segment that no selector names: the PC is an address, EIP an offset.
head -c 65536 /dev/zero | tr '\0' '\220' >rom # nop
printf '\xea\x00\x80\x00\xf0' | dd of=rom bs=1 seek=65520 conv=notrunc status=none # jmp far f000:8000
t 0 monitor -M ia32 --bare --batch -q -bios rom -ex 'p/x $pc' -ex 'p/x $eip' -ex 'x/1i $pc' -ex 'b 0xf000:0x8000' -ex c -ex 'p/x $eip' \
    -ex 'set $pc = 0xf7ffe' -ex 'p/x $eip' -ex 'ni' -ex c -ex 'until $pc == 0xf8003' -ex 'p ($cs:$eip) == 0xf8003'
for text in '= 0xfffffff0$' '= 0xfff0$' '^=> 0xfffffff0:.*f000' '= 0x8000$' '^Breakpoint 1 at 0x00000000000f8000' '= 0x7ffe$' '^=> 0xf7fff' '= 1$'; do
    line "$text"
done
count 2 '^Breakpoint 1, 0x00000000000f8000 '

# How far a ROM has come is said at the end of the run, and of a ROM without codes nothing.
printf '\xb0\x16\xe6\x80\xba\x90\x01\xb0\xff\xee\xfa\xf4' | dd of=rom bs=1 seek=32768 conv=notrunc status=none # 16 to 80, ff to 190, cli, hlt
t 0 run -M ia32 -cpu 386 --bare -bios rom; says 'the last POST code is 0xff, of 2'
printf '\xfa\xf4' | dd of=rom bs=1 seek=32768 conv=notrunc status=none
t 0 run -M ia32 -cpu 386 --bare -bios rom; quiet
# So it is when a signal ends it: 16 to 80, A to COM1, and round and round.
printf '\xb0\x16\xe6\x80\xba\xf8\x03\xb0A\xee\xeb\xfe' | dd of=rom bs=1 seek=32768 conv=notrunc status=none
"$TRAPEZE" run -M ia32 -cpu 386 --bare -bios rom >out 2>err </dev/null &
until grep -q A out || ! kill -0 $!; do sleep 0.1; done
kill -TERM $!
wait $! && fail "a signal did not end it"
grep -q 'the last POST code is 0x16, of 1' err || fail "not said after a signal: $(cat err)"
dd if=/dev/zero bs=1 count=12 status=none | tr '\0' '\220' | dd of=rom bs=1 seek=32768 conv=notrunc status=none # as it was

# --- where nobody answers, which is no fault on a PC; and lines without registers of their own
for vm in --bare '--vmm patch'; do
    t 0 monitor -M ia32 $vm --batch -q -guest pc -ex 'tr 0xc0100000' -ex 'why 0xc0100000' # shellcheck disable=SC2086
    line '^ +R .* nothing answers there: all bits read as 1'; line '^ +W .* nothing answers there: a store is lost'; line '^ +fetch '
done
line 'one exit, done by the VMM'
t 0 monitor -M ia32 --vmm hybrid --batch -q -guest pc -ex 'goto 15000' -ex 'info gdt'
[ "$(wc -l <out)" -lt 60 ] || fail "a table that cannot be read, entry by entry"
line '^0000 +cannot be read: nothing is mapped at linear'; line '^\.\.\. +8191 more of which the same is true$'
m 'info tlb'; line '^[0-9]+ entries; \* of the situation it is in$'
m 'info irq' 'why irq'; count 2 '^ +asked on$'; count 2 '^  INTR 0   0   the board'

# --- ports: before the access, each, whether it reads or writes
s 'b port 0x64' c 'x/1i $pc' si c 'info b'
line '^Breakpoint 1: access to port 0x64'; line '^Breakpoint 1, access to port 0x64, 0x0000000000007c31'; line '^=> .*in al, 0x64'
line '^1 +port'; line 'already hit 2 times'; line '^=> .*out 0x64, al'
s 'b port 0x1f0,8' c c rc 'p/x $eip' rc 'x/1i $pc' # the first has none before it
count 3 '^Breakpoint 1, access to a port from 0x1f0 to 0x1f7'; line '^No more reverse-execution history'; line '^=> 0x7c00'
s 'b port 0x1f0' c 'p $ecx' c 'p $ecx' # each iteration of REP INSD
line '= 128$'; line '= 127$'
m 'b port 0x3f8 if ($eax & 0xff) == 0x41' c 'p/c $eax & 0xff'
line "= 65 'A'"
refuses "ports are 0 to 0xffff" 'b port 0x10000'
refuses "ports are 0 to 0xffff" 'b port 0xfffe,3'
t 1 monitor --batch -q -ex 'b port 1'; cat out err | grep -q "the machine has no ports" || fail "a machine without ports"

# --- who called whom, and out of it
m 'b put' c bt finish 'info frame'
line '^#0 .* in put \('; line '^#[0-9] .* in say \('; line '^#[0-9] .* in kernel_main \(loader=732803074'; line '^Run till exit'
m 'b *put' c bt up down si bt 'fin'
count 3 '^#1 .* in say \('; line '^#3 .* in high'

# --- both syntaxes, tables, two levels of pages
m 'tb trap' c 'info gdt' 'info idt' 'info segments' 'info tss' 'info ldt' 'info creg' 'tr $pc' 'set disassembly-flavor att' 'x/i $pc' 'set disassembly-flavor intel' 'x/i $pc'
for text in '^0008 .*code 32 r-x' '^20 .*interrupt gate 32' '^ss .*data 32 rw-' '^TR is null' '^cr0 .*control' 'PG=1' 'PSE=1' 'VPN\[1\] 0x200  VPN\[0\] 0x100' 'leaf, 4 MiB: ' 'DA--XWRP' \
    '0x20\(%esi\), %eax' 'mov eax, dword ptr \[esi \+ 0x20\]'; do
    line "$text"
done

# In real mode, before the first LGDT, there is none, in a virtual machine either; behind it it is shown.
s 'info gdt' 'info gdt all' 'until $cr0 & 1' 'rsi 1' 'info gdt'
count 2 '^GDTR: linear 0, limit ffff, as at reset: real-address mode, which has no such table$'; line '^0008 .*code 32'
[ "$(wc -l <out)" -lt 20 ] || fail "a table of what is none"
t 0 monitor -M ia32 --batch -q -drive "$disk" -ex 'info gdt'; line '^GDTR: .* no such table$'; [ "$(wc -l <out)" -le 2 ] || fail "a table of what is none"

# Vectors of firmware lead to one place; a kernel's own first table is not shown before its LIDT.
s 'info idt all'; count 256 '^[0-9a-f][0-9a-f]  *f0[0-9a-f]{2}:'; count 0 'lead to the same place'
s 'info idt' 'until $cr0 & 1' 'info idt'; count 1 '^[0-9a-f][0-9a-f]  *f0[0-9a-f]{2}:'; line '^\.\.\.  *255 more of which the same is true$'; line '^IDTR: .*LIDT has not been executed$'

# --- parts of registers, and the x87's, which are wider than an expression
m 'set $eax = 0x12345678' 'p/x $ax' 'p/x $al' 'p/x $ah' 'set $ah = 0x1ff' 'p/x $eax' 'set $dx = 0xabcd' 'p/x $edx & 0xffff' 'info float' 'p $st7' 'apropos x87'
for text in '^\$1 = 0x5678$' '^\$2 = 0x78$' '^\$3 = 0x56$' '^\$4 = 0x1234ff78$' '^\$5 = 0xabcd$' '^control 0040 .* TOP 0' '^st7  *0 ' '^\$6 = 0 .* R7$' \
    '^  info float '; do
    line "$text"
done
t 1 monitor --batch -q -ex 'info float'; grep -qF "this machine has no x87; 'info registers float'" err || fail "not said where the registers are"

# --- the same in a virtual machine: the virtual table, and what is really there; segments, pages and shadow in one picture; and the
# instruction that should have trapped, of which no trap tells
v() { local c=() x; for x; do c+=(-ex "$x"); done; t 0 monitor -M ia32 --batch -q "${c[@]}"; }
v 'until $pc == 0x100026' si why 'info gdt' 'tr $pc'
line "came to 'pushfd' \(pushf; critical.*pushf read eflags: real 0x[0-9a-f]*2[0-9a-f]{2}, virtual 0x[0-9a-f]*[2-6]; it is sensitive and not privileged, so D was never called.*there D is asked\. --vmm patch does not let it pass\. --vmm translate does not let it pass"
line '^GDTR: linear'; line '^Really, in bare: GDTR: linear 00000000, limit 0: 0 entries'
line '^  cs   0008 .* DPL 0'; line '^  cs   000b .* DPL 3'; line '^the guest.s: '; line '^the shadow.s: root '
m 'tb trap' c 'info gdt'; ! grep -q 'Really' out || fail "a bare machine has a table below"
t 0 monitor -M ia32 --batch --json -q -ex 'info gdt' -ex 'tr $pc'; line '"bare": *\{"where": *"GDTR'; line '"segments": *\["'
v 'x/i 0x100026'; line 'pushfd.*critical'
t 0 monitor -M ia32:pushf --batch -q -ex 'x/i 0x100026'; line 'pushfd.*privileged, sensitive'

# Of what is interpreted or translated nothing runs unseen. In ring 3, which runs directly then, who asks for a descriptor traps, and the flags are its own.
for monitor in hybrid translate; do
    t 0 monitor -M ia32 --vmm $monitor --batch -q -ex 'x/i 0x100026'; line 'pushfd.*# sensitive'
done
if [ -e "$built/user.elf" ]; then
    for monitor in hybrid translate; do
        t 0 monitor -M ia32 --vmm $monitor -kernel "$built/user.elf" --batch -q -ex 'tb user' -ex c -ex 'x/24i $pc'
        count 5 '# critical'; count 5 '(sgdt|sidt|sldt|str|smsw) .*# critical'; count 4 '(lar|lsl|verr|verw) .*# sensitive'; line 'pushfd$'
    done
    t 0 monitor -M ia32 --vmm trap -kernel "$built/user.elf" --batch -q -ex 'tb user' -ex c -ex 'x/24i $pc'; count 10 '# critical'
    # A guest mode counts where the monitor uses it.
    for monitor in trap:0 patch:10 hybrid:5 translate:5; do
        t 0 monitor -M ia32:vt --vmm ${monitor%:*} -kernel "$built/user.elf" --batch -q -ex 'tb user' -ex c -ex 'x/24i $pc'
        count ${monitor#*:} '# critical'
    done
fi

# --- variants together
t 0 classify ia32:umip+pushf sgdt; line 'class +privileged'; t 0 classify ia32:umip+pushf pushf; line 'class +privileged'
t 0 classify ia32:umip+pushf lar; line 'class +critical'
t 2 classify ia32:umip+nolaek sgdt; says "ia32 has no variant 'nolaek'; there are umip, cpuidf, pushf, noleak, traps, vt and v86"
t 2 classify pg:LRA+GETR lra; says "pg has no variant 'LRA+GETR'"

# --- the screen, as text, for programs, and in the full screen's place
m 'tb fault' c 'info screen' 'tui print 80x24 f9' 'tui print 100x40 f9' 'tui print 80x24 f9 f9'
[ "$(grep -c '^the timer has ticked three times' out)" -ge 3 ] || fail "the screen is not there three times"
line "the guest's screen"; line 'the cursor is in row 5'; line 'bare: code'; ! grep -q 'next: runs' out || fail "an access that faults is said to run"; [ -z "$(grep -nE '.{101}' out)" ] || fail "wider than asked for"
t 0 monitor -M ia32 --bare --batch --json -q -ex 'tb trap' -ex c -ex 'info screen'; line '"rows": *\["A small kernel, from a multiboot loader\."'
t 0 monitor --batch -q -ex 'tui print 80x24 f9'; line "The guest's board has no screen"
s 'info screen'; line '^\(25 rows of 25 are empty\)$'; [ "$(wc -l <out)" = 2 ] || fail "rows of nothing are printed"

# --- time: a state in a file, backwards, and the same again
state='info registers'
m 'tb fault' c 'savevm state' 'p $eip' "$state" 'info screen' 'si 5000' 'loadvm state' "$state" 'info screen'
awk '/^(eax| *eflags|ebx|esi)/ { gsub(/\*/, " "); print }' out >seen
[ "$(head -n $(($(wc -l <seen) / 2)) seen)" = "$(tail -n $(($(wc -l <seen) / 2)) seen)" ] && [ -s seen ] || fail "another state than what was saved"
t 0 monitor -M ia32 --bare --batch -q -ex 'loadvm state' -ex c; line 'powered off with status 0'
m 'tb fault' c 'savevm state' 'loadvm state' 'rsi'; line 'No more reverse-execution history' # the past ends at what was loaded
m 'tb fault' c 'p $eip' 'rsi 1000' 'si 1000' 'p $eip' 'tb trap' rc
[ "$(grep -c '<fault+3>' out)" -ge 4 ] || fail "not there again"
line '^Temporary breakpoint 2, .* in trap'

# The same commands, the same bytes.
m 'tb trap' c 'info registers' 'savevm one' c; cp out first
m 'tb trap' c 'info registers' 'savevm one' c
cmp first out || fail "a session of the same commands differs"

# --- GDB: addresses are linear, also in real mode; watchpoints stop it behind the access
command -v gdb-multiarch >/dev/null || skip "gdb-multiarch is not here (package gdb-multiarch)"
# debug ARGUMENT... -- FILE...: trapeze with a socket, and GDB with the commands on stdin.
debug() {
    local run=()
    while [ "$1" != -- ]; do run+=("$1"); shift; done
    shift
    rm -f socket
    timeout -k 5 $patience "$TRAPEZE" run -M ia32 --bare "${run[@]}" -S -gdb unix:socket >guest.out 2>guest.err </dev/null &
    trapeze=$!
    listens $trapeze || { cat guest.err; fail "trapeze does not listen"; }
    { printf 'set pagination off\nset confirm off\nset style enabled off\n'; cat; } >script.gdb
    timeout -k 5 $patience gdb-multiarch -q -nx -batch -x script.gdb "$@" >out 2>&1 </dev/null || fail "gdb-multiarch: status $?"
    wait $trapeze || true
}
debug -bios rom -- <<'END2'
target remote socket
printf "at first %#x, cs %#x\n", $pc, $cs
x/i $pc
break *0xf8002
continue
printf "then %#x, cs %#x\n", $pc, $cs
stepi
printf "on to %#x\n", $pc
set $pc = 0xf8000
continue
printf "again %#x\n", $pc
kill
END2
for text in 'at first 0xfffffff0, cs 0xf000' '=> 0xfffffff0:.*l?jmp.*f000' 'then 0xf8002, cs 0xf000' 'on to 0xf8003' 'again 0xf8002'; do line "$text"; done
debug -drive "$disk" -- <<'END2'
target remote socket
x/1i 0x7c02
set architecture i386
x/1i 0x7c02
p $eax
kill
END2
for text in 'xor +%ax,%ax' 'xor +%eax,%eax' '= 0$'; do line "$text"; done
debug -kernel "$built/pc.elf" -append "fault off" -- "$built/pc.elf" <<'END2'
target remote socket
hbreak fault
continue
backtrace 2
watch faults
continue
printf "faults %u\n", faults
backtrace 1
reverse-continue
printf "before: %u\n", faults
delete
finish
printf "at %#x\n", $pc
detach
END2
for text in '#0 .*fault' 'Old value = 0' 'New value = 1' '^faults 1' '#0 .*trap' 'before: 0'; do line "$text"; done
grep -q 'on it goes: 1 so far' guest.out || fail "the guest did not go on"
