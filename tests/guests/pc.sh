#!/usr/bin/env bash
# The small kernel for a PC by both ways of starting it: a multiboot loader, and a disk's boot sector in real mode. Large pages, APICs, screen, serial
# port, disk and a fault that is handled; the same run twice; and every way to end it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
built=$(dirname "$TRAPEZE")/examples
[ -e "$built/pc.elf" ] && [ -e "$built/pc.img" ] || skip "$built/pc.elf was not built"
cp "$built/pc.img" "$work/disk"

# pc NAME STATUS ARGUMENT...: the run's output goes to $work/NAME.out.
pc() {
    local name=$1 expected=$2 status=0
    shift 2
    timeout $patience "$TRAPEZE" run -M ia32 --bare --max-insns 1G "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null || status=$?
    [ "$status" = "$expected" ] || fail "$name: status $status, not $expected: $(tail -5 "$work/$name.out" "$work/$name.err")"
}
says() { grep -qF -- "$2" "$work/$1.out" || fail "$1: no '$2' in: $(cat "$work/$1.out")"; }
disk="file=$work/disk,format=raw,if=ide"

printf 'wait > \nsend ticks\\n\nwait three times\\r\\n> \nsend disk\\n\nwait > \nsend fault\\n\nwait so far\\r\\n> \nsend exit\\n\n' >"$work/words"
pc multiboot 33 --script "$work/words" -kernel "$built/pc.elf"
pc boot 33 --script "$work/words" -drive "$disk"
for name in multiboot boot; do
    says $name "the timer has ticked three times"
    says $name "page fault at deadbee0, error 0"
    says $name "and on it goes: 1 so far"
done
says multiboot "from a multiboot loader"
says multiboot "there is no disk"
says boot "from the boot sector of a disk"
says boot "sector 0 begins with"
grep -q 'ends with aa55' "$work/boot.out" || fail "the disk's first sector: $(cat "$work/boot.out")"
pc again 33 --script "$work/words" -drive "$disk"
cmp "$work/boot.out" "$work/again.out" || fail "the same run twice differs"

# What is typed while a command is done is not lost, be it lines or the begin of one.
printf 'wait > \nsend ticks\\nbogus\\nof\nwait there are\nwait > of\nsend f\\n\n' >"$work/ahead"
pc ahead 0 --script "$work/ahead" -kernel "$built/pc.elf"
printf 'wait > \nsend off\\n\n' >"$work/off" # a CPU that halts for ever is switched off
pc off 0 --script "$work/off" -kernel "$built/pc.elf"

# The guest that the command carries: it does what its command line says, the same each time, and what another one says.
pc carried 0 --stats
says carried "the timer has ticked three times"
says carried "on it goes: 1 so far"
grep -q 'power-off with status 0' "$work/carried.err" || fail "the carried guest: $(cat "$work/carried.err")"
pc carried2 0 --stats
cmp "$work/carried.out" "$work/carried2.out" && cmp "$work/carried.err" "$work/carried2.err" || fail "the carried guest twice differs"
pc exits 33 --guest pc -append "disk nonsense exit"
says exits "there is no disk"
timeout $patience "$TRAPEZE" run -M ia32 --bare --guest xxxxxxx >/dev/null 2>"$work/none.err" </dev/null && fail "a guest that there is not"
grep -q "carries no guest 'xxxxxxx'; it carries pc" "$work/none.err" || fail "$(cat "$work/none.err")"

# Keys and the screen: what is typed is the keyboard's, what is seen at the end the whole screen.
pc keys 33 --script "$work/words" -display text -kernel "$built/pc.elf"
[ "$(wc -l <"$work/keys.out")" = 25 ] || fail "a screen has 25 rows: $(cat "$work/keys.out")"
says keys "> fault"
says keys "and on it goes: 1 so far"
printf 'info screen\nquit\n' >"$work/prompt"
timeout $patience "$TRAPEZE" monitor -M ia32 --bare -kernel "$built/pc.elf" -x "$work/prompt" >"$work/screen.out" 2>"$work/screen.err" </dev/null ||
    fail "info screen: $(cat "$work/screen.err")"
says screen "the cursor is in row 1, column 1"
printf '%s\n' 'x/1i $pc' 'set disassembly-flavor att' 'x/1i $pc' 'info segments' 'tb trap' c 'info gdt' 'info tss' quit >"$work/prompt"
timeout $patience "$TRAPEZE" monitor -M ia32 --bare -x "$work/prompt" >"$work/tables.out" 2>"$work/tables.err" </dev/null ||
    fail "info gdt: $(cat "$work/tables.err")"
says tables "mov esi, eax"
grep -qE "movl? %eax, %esi" "$work/tables.out" || fail "the other syntax: $(cat "$work/tables.out")"
says tables "cs   0008  base 00000000  limit ffffffff  code 32 r-x  DPL 0"
says tables "0010       base 00000000  limit ffffffff  data 32 rw-"
says tables "TR is null: there is no task state"
! grep -q 'undefined opcode' "$work/tables.out" || fail "an instruction is said to trap that does not: $(cat "$work/tables.out")"

# What an instruction's class is depends on the variant, on the mode and on its operands; of what K withholds nothing is critical.
printf '\x0f\x01\x06\x00\x80\x9c\xf4\xcf\x8e\xd8\x8c\x6f\x04' >"$work/classes" # sgdt, pushf, hlt, iret, mov ds,ax, mov [bx+4],gs
head -c 497 /dev/zero >>"$work/classes"
printf '\x55\xaa' >>"$work/classes"
classes() { # VARIANT CLASSES COMMAND...
    local variant=$1 wanted=$2 seen
    shift 2
    timeout $patience "$TRAPEZE" monitor -M "$variant" --bare --batch -drive "file=$work/classes,format=raw,if=ide" "$@" -ex 'x/6i 0x7c00' \
        >"$work/classes.out" || fail "x/6i on $variant"
    seen=$(sed -n 's/.*# //p' "$work/classes.out" | tr '\n' '/')
    [ "$seen" = "$wanted" ] || fail "classes on $variant $*: $seen, not $wanted"
}
guarded="privileged, sensitive"
v86=(-ex 'set $cr0 = $cr0 | 1' -ex 'set $eflags = $eflags | 0x20000')
classes ia32 "critical/critical/$guarded/sensitive/sensitive/"
classes ia32:umip "$guarded/critical/$guarded/sensitive/sensitive/"
classes ia32:traps "$guarded/$guarded/$guarded/$guarded/sensitive/"
classes ia32:vt "$guarded/sensitive/" # hlt; iret, which exits where it switches tasks
classes ia32 "critical/$guarded/$guarded/$guarded/" "${v86[@]}"
classes ia32:v86 "critical/$guarded/$guarded/$guarded/"
classes ia32:v86+umip "$guarded/$guarded/$guarded/$guarded/" "${v86[@]}"

# What cannot be started: one sentence each.
refuse() {
    local said
    pc refused "$1" "${@:3}"
    said=$(cat "$work/refused.err")
    [[ $said == *"$2"* ]] && [ "$(wc -l <<<"$said")" = 1 ] || fail "expected '$2': $said"
}
head -c 510 "$work/disk" >"$work/blank"
head -c 514 /dev/zero >>"$work/blank"
head -c 1000 /dev/zero >"$work/rom"
refuse 2 "there is another one already" --guest pc -kernel "$built/pc.elf"
refuse 1 "does not end in 55 AA" -drive "file=$work/blank,format=raw,if=ide"
refuse 1 "it is neither a bzImage nor a kernel with a multiboot header" -kernel "$work/blank"
refuse 1 "it is a disk with a boot sector, not a kernel: -drive file=$work/disk,format=raw" -kernel "$work/disk"
refuse 1 "a ROM has 64, 128 or 256 KiB" -bios "$work/rom"
refuse 2 "not both" -bios "$work/rom" -kernel "$built/pc.elf"
refuse 2 "there is no CPU '486'" -cpu 486 -kernel "$built/pc.elf"

# Of a boot sector that asks a BIOS it is told that there is none, where the screen is shown, too.
printf '\xcd\x13' >"$work/asks"
head -c 508 /dev/zero >>"$work/asks"
printf '\x55\xaa' >>"$work/asks"
for display in none text; do
    pc asks 1 -drive "file=$work/asks,format=raw,if=ide" -display $display
    grep -qF "$work/asks: at 0000:7c00 (linear 0x07c00) the boot code has called the BIOS, which there is none of: INT 0x13" "$work/asks.err" ||
        fail "asks: $(cat "$work/asks.err")"
done
