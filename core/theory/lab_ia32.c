/* lab_ia32.c - CPUs on a bench: one megabyte of RAM, page tables, and values worth trying for every register.
 *
 *   0x80010000 code, 0x80011000 data (2 pages), 0x80013000 a page that only the probe reads, and from 0x80014000 on three times the page of
 *   tables: linear addresses, in all address spaces. HERE code and data lie where they say, THERE at 0x80020000, FOREIGN data at 0x80031000;
 *   the tables are the same everywhere. Every page may be read and written, with A and D set, and but for the tables in every ring.
 *
 * Paging is always on: bare is as HERE. In protected mode CPL, the RPL of CS and SS and their DPL are one [SDM 3A 5.5], so they follow the
 * mode that a state is put in; and so does the RPL that the floating-point unit has kept of its last instruction. Permissions are not flow:
 * what a page or a segment's limit refuses does not count, nor do debug traps, which come before or behind an instruction.
 */
#include "core/theory/lab_ia32.h"

#include "mmu/ia32_pt.h"

enum { PAGES = 1 + LAB_DATA / PAGE_SIZE + 1, MODES = 3, RIGHTS_CODE = 0xc09b, RIGHTS_DATA = 0xc093, RIGHTS_READ = 0xc091 };
enum { RIGHTS_TSS = 0x8b, RIGHTS_LDT = 0x82, DR7_ONE = 0x400 };

/* --- memory */

static int word_write(struct lab *l, pa_t pa, uint32_t v) { return phys_write(l->phys, pa, &v, sizeof v); }

static pa_t root_of(unsigned place) { return BENCH_ROOTS + (place - PLACE_HERE) * 2 * (uint64_t)PAGE_SIZE; }
static pa_t leaf_of(unsigned place, uint64_t va) { return root_of(place) + PAGE_SIZE + 4 * (va >> PAGE_SHIFT & 1023); }

static int tables_write(struct lab *l, unsigned place)
{
    const uint32_t open = IA32_P | IA32_RW | IA32_US | IA32_A | IA32_D;
    int error = word_write(l, root_of(place) + 4 * (BENCH_CODE_PAGE >> 22), (uint32_t)(root_of(place) + PAGE_SIZE) | open);
    for (unsigned n = 0; n < PAGES && !error; n++) {
        const uint64_t va = BENCH_CODE_PAGE + n * (uint64_t)PAGE_SIZE, away = (place - PLACE_HERE) * (uint64_t)BENCH_DISTANCE;
        const pa_t page = place == PLACE_FOREIGN && n == 0 ? va : va + away; /* the code is the same there */
        error = word_write(l, leaf_of(place, va), (uint32_t)page | open);
    }
    for (unsigned n = 0; n < BENCH_ALIASES && !error; n++)
        error = word_write(l, leaf_of(place, BENCH_TABLES + n * (uint64_t)PAGE_SIZE),
                           (uint32_t)BENCH_TABLES_PA | (open & ~(uint32_t)IA32_US));
    return error;
}

void lab_ia32_frames(struct lab *l)
{
    for (unsigned f = 0; f < LAB_FRAMES; f++) {
        l->code_pa[f] = l->code_va + f * (uint64_t)BENCH_DISTANCE;
        l->data_pa[f] = l->data_va + f * (uint64_t)BENCH_DISTANCE;
        l->data[f] = phys_host(l->phys, l->data_pa[f], LAB_DATA);
    }
}

static int memory_open(struct lab *l)
{
    int error = ram_create(&l->ram, BENCH_RAM_SIZE);
    if (!error)
        error = phys_create(&l->phys);
    if (!error)
        error = phys_add_ram(l->phys, "ram", BENCH_RAM, BENCH_RAM_SIZE, l->ram, 0);
    if (error)
        return error;
    l->code_va = BENCH_CODE;
    l->data_va = BENCH_DATA;
    l->probe_va = l->data_va + LAB_DATA;
    lab_ia32_frames(l);
    for (unsigned place = PLACE_HERE; place < PLACE_COUNT && !error; place++)
        error = tables_write(l, place);
    return error;
}

/* The page of the probe holds zeros, the data pages do not. */
static void remap(struct lab *l, unsigned mode, bool elsewhere)
{
    const uint32_t open = IA32_P | IA32_RW | IA32_US | IA32_A | IA32_D;
    (void)mode;
    (void)!word_write(l, leaf_of(PLACE_HERE, l->probe_va), (uint32_t)(elsewhere ? l->data_pa[0] : l->probe_va) | open);
}

static enum lab_place disown(const struct lab *l, struct lab_state *s, unsigned which)
{
    (void)l, (void)s, (void)which;
    return PLACE_FOREIGN; /* a guest that has CR3 chooses its address space itself */
}

/* One way by itself, and the careful one, by which it goes while there are triggers. */
static const struct lab_way ways[] = {
    {"one at a time", "one at a time it does something else", 0, false, false, false},
    {"on the careful way", "on the careful way it does something else than by itself", 1, true, false, false},
};

static unsigned machine_of(const struct lab *l, const struct lab_state *s)
{
    (void)l, (void)s;
    return 0;
}

/* --- what follows from mode and place */

static void reg_put(const struct lab *l, struct lab_state *s, reg_t reg, uint64_t mask, uint64_t v)
{
    const unsigned at = lab_find(l, reg);
    if (at < LAB_REGS)
        s->reg[at] = (s->reg[at] & ~mask) | (v & mask);
}

static void put(const struct lab *l, struct lab_state *s, enum lab_place place)
{
    const unsigned ring = lab_find(l, BENCH_RING); /* where it is not the mode */
    const uint64_t mode = (ring < LAB_REGS ? s->reg[ring] : lab_mode(l, s)) & 3;
    reg_put(l, s, IA_CR3, UINT64_MAX, root_of(place == PLACE_BARE ? PLACE_HERE : place));
    for (unsigned seg = IA_CS; seg <= IA_SS; seg++) {
        reg_put(l, s, IA_SEG + 4 * seg + IA_SELECTOR, 3, mode);
        reg_put(l, s, IA_SEG + 4 * seg + IA_RIGHTS, IA_RIGHTS_DPL, mode << 5);
    }
    reg_put(l, s, IA_EFLAGS, EFLAGS_VM, 0);
    reg_put(l, s, IA_CR0, CR0_PE | CR0_PG, CR0_PE | CR0_PG);
    reg_put(l, s, IA_X87_FCS, 3, mode);
    reg_put(l, s, IA_X87_FDS, 3, mode);
}

static bool is_put(reg_t r)
{
    return r == IA_CR3 || r == MACHINE_MODE || r == MACHINE_PC || r == IA_X87_FCS || r == IA_X87_FDS ||
           (r >= IA_SEG + 4 * IA_CS && r < IA_SEG + 4 * (IA_SS + 1));
}

static bool is_gate(reg_t r) { return r == BENCH_IOMAP; }

/* --- values */

static uint32_t alias(uint64_t v, unsigned offset) { return (uint32_t)(BENCH_TABLES + v % BENCH_ALIASES * PAGE_SIZE + offset); }

/* Descriptors: most often of the sort that the entry is for, else of any. */
static uint64_t descriptor(unsigned n, uint64_t v)
{
    const uint64_t gate = (uint64_t)(BENCH_TARGET >> 16) << 48 | (BENCH_TARGET & 0xffff) | (uint64_t)SEL_CODE0 << 16;
    const uint64_t flat = UINT64_C(0x00cf00000000ffff), small = UINT64_C(0x0040000001000fff);
    const uint64_t kind[] = {
        flat | UINT64_C(0xf2) << 40, flat | UINT64_C(0x92) << 40,  flat | UINT64_C(0x9e) << 40,  flat | UINT64_C(0xfa) << 40,
        gate | UINT64_C(0xec) << 40, small | UINT64_C(0xf0) << 40, flat | UINT64_C(0x72) << 40,  flat | UINT64_C(0xf6) << 40,
        flat | UINT64_C(0x9b) << 40, gate | UINT64_C(0x8c) << 40,  small | UINT64_C(0x82) << 40, small | UINT64_C(0xb2) << 40,
        flat | UINT64_C(0xf8) << 40,
    };
    const unsigned kinds = sizeof kind / sizeof *kind;
    return kind[v % 4 ? n % kinds : (v >> 2) % kinds];
}

static uint64_t edge(uint64_t v)
{
    static const uint32_t edges[] = {0, UINT32_MAX, 1, UINT32_C(0x80000000), 0x55555555, UINT32_C(0xaaaaaaaa)};
    return v % 3 ? v >> 8 : edges[(v >> 8) % (sizeof edges / sizeof *edges)];
}

#define FLAGS_ANY (EFLAGS_STATUS | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_NT | EFLAGS_AC | EFLAGS_VIF | EFLAGS_VIP | EFLAGS_ID)
#define CR0_ALWAYS (CR0_PE | CR0_PG | CR0_ET)
#define CR0_ANY (CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD)
#define CR4_ANY (CR4_TSD | CR4_DE | CR4_PSE | CR4_UMIP)

static uint64_t generate_segment(unsigned n, unsigned part, uint64_t v)
{
    const bool rare = v % 8 == 0;
    v >>= 8;
    if (n == IA_LDTR)
        return part == IA_SELECTOR ? (v % 2 ? SEL_LDT : v >> 8 & 0xffff)
               : part == IA_BASE   ? alias(v, TABLE_LDT)
               : part == IA_LIMIT  ? (rare ? 0 : LDT_LIMIT)
                                   : RIGHTS_LDT | (rare ? IA_RIGHTS_NULL : 0);
    if (n == IA_TR)
        return part == IA_SELECTOR ? (v % 4 ? SEL_TSS : v >> 8 & 0xffff)
               : part == IA_BASE   ? alias(v, TABLE_TSS)
               : part == IA_LIMIT  ? (rare ? 0x67 : TSS_LIMIT)
                                   : RIGHTS_TSS;
    if (part == IA_SELECTOR)
        return n == IA_CS ? SEL_CODE3 : n == IA_SS ? SEL_DATA3 : v & 1 ? v >> 1 & 0xffff : SEL_DATA3 | 3;
    if (part == IA_BASE)
        return rare ? v % 16 * 16 : 0;
    if (part == IA_LIMIT)
        return rare ? v & 0xfffff : UINT32_MAX;
    if (n == IA_CS || n == IA_SS)
        return n == IA_CS ? RIGHTS_CODE : RIGHTS_DATA;
    return rare ? (v % 2 ? IA_RIGHTS_NULL : RIGHTS_READ | 0x60) : RIGHTS_DATA | (v % 4 ? 0x60 : v & 0x60);
}

static uint64_t generate_control(reg_t reg, uint64_t v)
{
    switch (reg) {
    case IA_EFLAGS: return (v & FLAGS_ANY) | EFLAGS_ONE;
    case IA_GDTR_BASE: return alias(v, TABLE_GDT);
    case IA_GDTR_LIMIT: return v % 2 ? GDT_LIMIT : v % 8 ? 0 : SEL_DESC + 15;
    case IA_IDTR_BASE: return alias(v, TABLE_IDT);
    case IA_IDTR_LIMIT: return v % 2 ? IDT_LIMIT : 0;
    case IA_CR0: return CR0_ALWAYS | (v & CR0_ANY);
    case IA_CR3: return root_of(PLACE_HERE + v % 2);
    case IA_CR4: return v & CR4_ANY;
    case IA_DR6: return v & 0xe00f;
    case IA_DR7: return DR7_ONE | (v & UINT32_C(0xffff0000));
    case IA_APIC_BASE: return v & UINT32_C(0xfffff900);
    case IA_SHADOW:
    case IA_MISC_FEATURES: return v & 1;
    case IA_TRAPS: return v & IA_TRAPS_ALL;
    case IA_PENDING: return v % 4 ? 0 : 1 << 14;
    case IA_NMI_MASKED: return v & 1;
    case IA_X87_CONTROL: return v % 2 ? 0x37f : v & 0xf3f;
    case IA_X87_FCS:
    case IA_X87_FDS: return v & 0xfffc;
    case BENCH_LINK: return v % 3 == 0 ? SEL_TSS2 : v % 3 == 1 ? SEL_TSS : 0;
    case BENCH_ESP0: return BENCH_DATA + 0x1e00 + (v & 0xf0);
    case BENCH_GATE: return UINT64_C(0x8001) << 48 | UINT64_C(0x8e) << 40 | (v & 3) << 45 | SEL_CODE0 << 16 | (BENCH_TARGET & 0xffff);
    case MACHINE_MODE: return v % 3 == 0 ? IA_RING3 : v % 3 == 1 ? IA_RING1 : IA_RING0;
    case MACHINE_PC: return BENCH_CODE_PAGE + v % PAGE_SIZE;
    case MACHINE_CLOCK: return v >> 24;
    default: return edge(v);
    }
}

static uint64_t generate(reg_t reg, uint64_t *seed)
{
    const uint64_t v = lab_next(seed);
    if (reg >= BENCH_DESC && reg < BENCH_DESC + BENCH_DESCS)
        return descriptor(reg - BENCH_DESC, v);
    if (reg >= IA_SEG && reg < IA_SEG + 4 * IA_DESCRIBED)
        return generate_segment((reg - IA_SEG) / 4, (reg - IA_SEG) % 4, v);
    return generate_control(reg, v);
}

static uint64_t plain(reg_t reg)
{
    uint64_t v;
    if (reg >= IA_SEG && reg < IA_SEG + 4 * IA_DESCRIBED)
        return generate_segment((reg - IA_SEG) / 4, (reg - IA_SEG) % 4, (3 * 8 + 6) << 8 | 1); /* nothing rare, the first alias */
    if (reg >= BENCH_DESC && reg < BENCH_DESC + BENCH_DESCS)
        return descriptor(reg - BENCH_DESC, 1);
    switch (reg) {
    case IA_ESP: return BENCH_DATA + LAB_DATA - 0x400;
    case IA_EFLAGS: return EFLAGS_ONE;
    case IA_CR0: return CR0_ALWAYS | CR0_NE | CR0_WP;
    case IA_X87_CONTROL: return 0x37f;
    case IA_GDTR_BASE:
    case IA_GDTR_LIMIT:
    case IA_IDTR_BASE:
    case IA_IDTR_LIMIT:
    case BENCH_ESP0:
    case BENCH_GATE: v = 3; return generate_control(reg, v);
    case IA_DR7: return DR7_ONE;
    default: return 0;
    }
}

static uint64_t extreme(reg_t reg, bool ones)
{
    const bool general = reg <= IA_EDI || (reg >= IA_X87 && reg < IA_X87 + 16) || reg == IA_X87_FIP || reg == IA_X87_FDP ||
                         reg == IA_CR2 || (reg >= IA_DR0 && reg < IA_DR0 + 4) || reg == BENCH_IOMAP || reg == BENCH_PORT ||
                         reg == IA_TSC_OFFSET;
    if (general)
        return ones ? UINT64_MAX : 0;
    if (reg == MACHINE_CLOCK)
        return ones ? UINT64_MAX >> 24 : 0;
    if (reg == IA_EFLAGS)
        return ones ? FLAGS_ANY | EFLAGS_ONE : EFLAGS_ONE;
    if (reg == IA_CR0)
        return CR0_ALWAYS | (ones ? CR0_ANY & ~(CR0_TS | CR0_EM) : 0);
    if (reg == IA_CR4)
        return ones ? CR4_ANY : 0;
    return plain(reg);
}

/* --- states that instructions can run in */

static void address_put(const struct lab *l, struct lab_state *s, unsigned kind, reg_t reg, uint64_t *seed)
{
    const uint64_t at = l->data_va + DATA_FREE + 8 * (lab_next(seed) % (LAB_DATA / 16));
    reg_put(l, s, reg, UINT64_MAX, kind == 6 ? l->data_va + PAGE_SIZE - 1 - at / 8 % 7 : at);
}

static void segments_open(const struct lab *l, struct lab_state *s, bool all)
{
    for (unsigned n = IA_ES; n < IA_SEGS; n++) {
        const reg_t first = IA_SEG + 4 * n;
        if (n != IA_CS && n != IA_SS && !all)
            continue;
        reg_put(l, s, first + IA_BASE, UINT64_MAX, 0);
        reg_put(l, s, first + IA_LIMIT, UINT64_MAX, UINT32_MAX);
        reg_put(l, s, first + IA_RIGHTS, UINT64_MAX, n == IA_CS ? RIGHTS_CODE : RIGHTS_DATA | 0x60);
    }
}

/* Of LAB_CYCLE states, by number: 0 and 1 are the extreme ones; 2, 4, 6 and 7 have addresses of data in EBX, EBP, ESI and EDI, in 6 across
 * two pages; in 3 division does not overflow; in 4 the floating-point unit may be in any state; in 5 TS, in 7 EM keeps it away. The stack is
 * there in all, and no debug trap pends. */
static void arrange(const struct lab *l, struct lab_state *s, unsigned number, uint64_t *seed)
{
    static const reg_t pointer[] = {IA_EBX, IA_EBP, IA_ESI, IA_EDI};
    const unsigned kind = number % LAB_CYCLE;
    const bool addresses = kind > 1 && (kind % 2 == 0 || kind == LAB_CYCLE - 1);
    reg_put(l, s, IA_ESP, UINT64_MAX, l->data_va + LAB_DATA - 0x800 + 16 * (number % 64)); /* by which operands take turns */
    reg_put(l, s, IA_EFLAGS, EFLAGS_NT, kind == 0 || kind == 5 ? EFLAGS_NT : 0);
    if (kind > 1 && kind < 7 && kind != 5) { /* POPF may change IF, and does in some; no port is closed */
        reg_put(l, s, IA_EFLAGS, EFLAGS_IOPL | EFLAGS_IF, EFLAGS_IOPL | (kind % 2 ? EFLAGS_IF : 0));
        reg_put(l, s, BENCH_IOMAP, UINT64_MAX, 0);
    }
    reg_put(l, s, IA_GDTR_LIMIT, UINT64_MAX, GDT_LIMIT);
    for (unsigned n = 0; n < BENCH_DESCS && kind < 6; n++)
        if (n == 0 || n == 4 || n == 5)
            reg_put(l, s, BENCH_DESC + n, UINT64_MAX, descriptor(n, 1));
    for (unsigned n = 0; n < sizeof pointer / sizeof *pointer && addresses; n++)
        address_put(l, s, kind, pointer[n], seed);
    segments_open(l, s, addresses || kind < 2);
    reg_put(l, s, IA_PENDING, UINT64_MAX, 0);
    reg_put(l, s, IA_SHADOW, UINT64_MAX, 0);
    reg_put(l, s, IA_CR0, CR0_TS | CR0_EM, kind == 5 ? CR0_TS : kind == 7 ? CR0_EM : 0);
    if (kind == 3) {
        reg_put(l, s, IA_EDX, UINT64_MAX, 0);
        reg_put(l, s, IA_EAX, UINT64_MAX, 17);
    }
    if (kind == 4)
        return;
    reg_put(l, s, IA_X87_CONTROL, 0x3f, 0x3f);
    reg_put(l, s, IA_X87_STATUS, 0x80ff, 0);
}

/* --- traps */

/* #PF, #AC, debug traps; segments' limits and rights, which are told by an error code of 0: what refuses an access. */
static bool memory_trap(const struct trap *t)
{
    if (t->cause == IA_PF || t->cause == IA_AC || (t->cause == IA_DB && t->reason == REASON_RESOURCE))
        return true;
    return (t->cause == IA_GP || t->cause == IA_SS_FAULT) && t->reason == REASON_RESOURCE && t->error == 0;
}

static bool is_asked(const struct trap *t) { return t->reason == REASON_REQUESTED && t->error == 0; }

/* With an empty IDT nothing is ever vectored: the owner of the machine has the trap. Else INT n goes where the guest's gate leads, while the
 * gates of exceptions are the VMM's. Whoever has gates in the IDT has in the GDT what they lead to, and the stack of it in the task. */
static bool vmm_sees(struct lab *l, struct machine *m, const struct trap *t)
{
    const reg_t task = IA_SEG + 4 * IA_TR + IA_LIMIT;
    struct machine *cpu = lab_ia32_cpu(m);
    const uint64_t gdt = machine_get(cpu, IA_GDTR_LIMIT), tss = machine_get(cpu, task);
    (void)l;
    if (machine_get(cpu, IA_IDTR_LIMIT) == 0 || !is_asked(t))
        return true;
    machine_set(cpu, IA_GDTR_LIMIT, GDT_LIMIT);
    machine_set(cpu, task, TSS_LIMIT);
    const bool lost = machine_deliver(cpu, t) == DELIVERED;
    machine_set(cpu, IA_GDTR_LIMIT, gdt);
    machine_set(cpu, task, tss);
    return !lost;
}

/* The clock is none of the CPU's own; RDTSC reads it. The others are the bench's. */
static const struct reg_desc extra[] = {
    {"clock", NULL, MACHINE_CLOCK, 64, PART_NONDET, "clock units"},
#define DESC(n)                                                                                                                       \
    {                                                                                                                                 \
        "gdt[" #n "]", NULL, BENCH_DESC + (n), 64, PART_VIRTUAL, "an entry of the GDT"                                                \
    }
    DESC(0),
    DESC(1),
    DESC(2),
    DESC(3),
    DESC(4),
    DESC(5),
    DESC(6),
    DESC(7),
    DESC(8),
    DESC(9),
#undef DESC
    {"idt[33]", NULL, BENCH_GATE, 64, PART_VIRTUAL, "an entry of the IDT"},
    {"tss.esp0", NULL, BENCH_ESP0, 32, PART_VIRTUAL, "the task's stack of ring 0"},
    {"tss.link", NULL, BENCH_LINK, 16, PART_VIRTUAL, "the task before"},
    {"tss.ports", NULL, BENCH_IOMAP, 64, PART_VIRTUAL, "ports 60 to 9F that are closed to the task"},
    {"device", NULL, BENCH_PORT, 32, PART_VIRTUAL, "what the device behind the ports holds"},
};

const struct lab_isa lab_ia32 = {
    .isa = &isa_ia32,
    .mode_count = MODES,
    .modes = {IA_RING3, IA_RING1, IA_RING0},
    .mode_name = {"ring 3", "ring 1", "ring 0"},
    .top_translates = true,
    .extra = extra,
    .extra_count = sizeof extra / sizeof *extra,
    .ways = ways,
    .way_count = sizeof ways / sizeof *ways,
    .nop = 0x90,
    .nop_length = 1,
    .open = memory_open,
    .fill = lab_ia32_fill,
    .machine_of = machine_of,
    .generate = generate,
    .plain = plain,
    .extreme = extreme,
    .arrange = arrange,
    .put = put,
    .is_put = is_put,
    .is_gate = is_gate,
    .probe = {0x038b /* mov eax, [ebx] */, 2, IA_EBX, IA_EAX},
    .remap = remap,
    .memory_trap = memory_trap,
    .vmm_sees = vmm_sees,
    .owned_count = OWNED_IA32,
    .disown = disown,
};
