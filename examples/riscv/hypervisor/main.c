/* main.c - loads the guest's kernel into its memory and starts it. */
#include "hypervisor.h"

/* As much of ELF as it takes to load a kernel. */
struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum;
};
struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz;
};
enum { ELF_LOAD = 1 };

extern const uint8_t guest_elf[];
_Noreturn void hypervisor_main(uint64_t hart);
_Noreturn void hypervisor_trapped(uint64_t cause, uint64_t pc);

struct counts counts;
static struct vcpu vcpu;

/* The compiler calls these two of its own accord. Most of it is whole tables, so words where there are words. */
__attribute__((no_builtin)) void *memset(void *to, int byte, size_t size)
{
    uint8_t *b = to, *end = b + size;
    uint64_t word = (uint8_t)byte * UINT64_C(0x0101010101010101);
    for (; (uint64_t)b % 8 && b < end; b++)
        *b = (uint8_t)byte;
    for (; end - b >= 8; b += 8)
        *(uint64_t *)(void *)b = word;
    for (; b < end; b++)
        *b = (uint8_t)byte;
    return to;
}

__attribute__((no_builtin)) void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
}

/* --- Words for people */

static void print(const char *s)
{
    while (*s)
        console_put(*s++);
}

static void print_number(uint64_t n, unsigned base)
{
    if (n >= base)
        print_number(n / base, base);
    console_put("0123456789abcdef"[n % base]);
}

static void print_count(uint64_t n, const char *what)
{
    print_number(n, 10);
    print(what);
}

_Noreturn void stop(const char *why, uint64_t value)
{
    print("hypervisor: the guest is stopped: ");
    print(why);
    print(" 0x");
    print_number(value, 16);
    print("\n");
    power_off(1);
}

/* Our own fault. */
_Noreturn void hypervisor_trapped(uint64_t cause, uint64_t pc)
{
    print("hypervisor: a trap of its own, cause 0x");
    print_number(cause, 16);
    print(" at 0x");
    print_number(pc, 16);
    print("\n");
    power_off(1);
}

void report(void)
{
    print("hypervisor: ");
    print_count(counts.exits, " exits: ");
    print_count(counts.emulated, " instructions emulated, ");
    print_count(counts.filled, " shadow pages filled, ");
    print_count(counts.device, " device accesses, ");
    print_count(counts.firmware, " firmware calls, ");
    print_count(counts.reflected, " traps reflected, ");
    print_count(counts.interrupts, " timer interrupts; the shadow was emptied ");
    print_count(counts.emptied, " times\n");
}

/* --- The guest */

/* Segments go to their physical addresses. */
static uint64_t guest_load(void)
{
    const struct elf_header *elf = (const struct elf_header *)guest_elf;
    uint64_t entry = elf->entry;
    for (unsigned i = 0; i < elf->phnum; i++) {
        const struct elf_segment *s = (const struct elf_segment *)(guest_elf + elf->phoff + (uint64_t)i * elf->phentsize);
        if (s->type != ELF_LOAD || s->memsz == 0)
            continue;
        uint8_t *to = guest_ram_at(s->paddr, s->memsz);
        if (!to)
            stop("its kernel does not fit into its memory, at", s->paddr);
        memcpy(to, guest_elf + s->offset, s->filesz);
        memset(to + s->filesz, 0, s->memsz - s->filesz);
    }
    __asm__ volatile(".word 0x0000100f # fence.i" ::: "memory");
    return entry;
}

/* As firmware would leave a hart: in (virtual) S-mode without translation, a0 its number, a1 the device tree: there is none. */
_Noreturn void hypervisor_main(uint64_t hart)
{
    vcpu.x[0] = guest_load();
    vcpu.x[10] = hart;
    vcpu.mode = SUPERVISOR;
    vcpu.deadline = NEVER;
    allocator_start();
    clock_calibrate();
    /* K, so that all that is sensitive traps in U-mode: no counters. xRET, WFI, SFENCE.VMA and the CSRs of S-mode trap by themselves,
     * and floating point is off. */
    csr_write(scounteren, 0);
    csr_write(sie, INTERRUPT_TIMER);
    csr_clear(sstatus, SSTATUS_SPP | SSTATUS_SUM | SSTATUS_MXR | 3 << 13 /* FS */);
    csr_set(sstatus, SSTATUS_SPIE);
    allocator_install(&vcpu);
    vcpu.trapped_at = vcpu.resumed_at = csr_read(cycle);
    guest_resume(&vcpu);
}
