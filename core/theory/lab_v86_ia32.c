/* lab_v86_ia32.c - the laboratory of the 8086 corner (isa/ia32/variants.def, v86): a program of real mode, which virtual-8086 mode runs.
 *
 * The modes of the theory are two: virtual-8086 mode is user mode, and real mode is what the program believes. In both a selector is a
 * paragraph, so that no descriptor is asked for and no ring shows. All lies in the first 64 KiB: code at 1000, data at 4000, a page that only the
 * probe reads at 8000, and from A000 on three times the page of tables; nothing is so near to the data that a bit string of 16 bits reaches it.
 * Code is of 16 bits; encodings have the prefix 67, so that addresses are made of the registers that they are made of elsewhere.
 *
 * Real mode has no page tables; HERE and THERE are places of virtual-8086 mode. INT n asks for a trap in both modes: by which vector it comes,
 * its own or #GP, is IOPL's business (IOPL is 3 or less), and it comes to the owner of the machine.
 */
#include "core/theory/lab_ia32.h"
#include "core/theory/theory_ia32.h"

#include "mmu/ia32_pt.h"

enum { CODE_PAGE = 0x1000, DATA = 0x4000, PROBE = 0x8000, TABLES = 0xa000 };
enum { RIGHTS_OF_V86 = 0xf3, RIGHTS_OF_REAL = 0x93, LIMIT = 0xffff };

/* --- memory */

static pa_t root_of(unsigned place) { return BENCH_ROOTS - BENCH_RAM + (place - PLACE_HERE) * 2 * (uint64_t)PAGE_SIZE; }
static pa_t leaf_of(unsigned place, uint64_t va) { return root_of(place) + PAGE_SIZE + 4 * (va >> PAGE_SHIFT & 1023); }
static int word_write(struct lab *l, pa_t pa, uint32_t v) { return phys_write(l->phys, pa, &v, sizeof v); }

static const uint32_t pages[] = {CODE_PAGE, DATA, DATA + PAGE_SIZE, PROBE};

static int tables_write(struct lab *l, unsigned place)
{
    const uint32_t open = IA32_P | IA32_RW | IA32_US | IA32_A | IA32_D;
    int error = word_write(l, root_of(place), (uint32_t)(root_of(place) + PAGE_SIZE) | open);
    for (unsigned n = 0; n < sizeof pages / sizeof *pages && !error; n++) {
        const uint64_t away = (place - PLACE_HERE) * (uint64_t)BENCH_DISTANCE;
        const pa_t page = place == PLACE_FOREIGN && n == 0 ? pages[n] : pages[n] + away; /* the code is the same there */
        error = word_write(l, leaf_of(place, pages[n]), (uint32_t)page | open);
    }
    for (unsigned n = 0; n < BENCH_ALIASES && !error; n++)
        error = word_write(l, leaf_of(place, TABLES + n * (uint64_t)PAGE_SIZE),
                           (uint32_t)(BENCH_TABLES_PA - BENCH_RAM) | (open & ~(uint32_t)IA32_US));
    return error;
}

/* Where real mode would find what is no page of code or data there is nothing: nobody would put it back. */
static int memory_open(struct lab *l)
{
    int error = ram_create(&l->ram, BENCH_RAM_SIZE);
    if (!error)
        error = phys_create(&l->phys);
    for (unsigned n = 0; n < sizeof pages / sizeof *pages && !error; n++)
        if (pages[n] != DATA + PAGE_SIZE) /* of one piece with the page before */
            error = phys_add_ram(l->phys, "low", pages[n], pages[n] == DATA ? LAB_DATA : PAGE_SIZE, l->ram, pages[n]);
    if (!error)
        error = phys_add_ram(l->phys, "ram", BENCH_DISTANCE, BENCH_RAM_SIZE - BENCH_DISTANCE, l->ram, BENCH_DISTANCE);
    if (error)
        return error;
    l->code_va = CODE_PAGE + (BENCH_CODE & (PAGE_SIZE - 1));
    l->data_va = DATA;
    l->probe_va = PROBE;
    lab_ia32_frames(l);
    for (unsigned place = PLACE_HERE; place < PLACE_COUNT && !error; place++)
        error = tables_write(l, place);
    return error;
}

static void remap(struct lab *l, unsigned mode, bool elsewhere)
{
    const uint32_t open = IA32_P | IA32_RW | IA32_US | IA32_A | IA32_D;
    (void)mode;
    (void)!word_write(l, leaf_of(PLACE_HERE, l->probe_va), (uint32_t)(elsewhere ? l->data_pa[0] : l->probe_va) | open);
}

/* --- what follows from mode and place: PE, PG and VM; and of a segment all that is hidden */

static void reg_put(const struct lab *l, struct lab_state *s, reg_t reg, uint64_t mask, uint64_t v)
{
    const unsigned at = lab_find(l, reg);
    if (at < LAB_REGS)
        s->reg[at] = (s->reg[at] & ~mask) | (v & mask);
}

static void segment_put(const struct lab *l, struct lab_state *s, unsigned n, bool real)
{
    const reg_t first = IA_SEG + 4 * n;
    if (n == IA_CS || n == IA_SS)
        reg_put(l, s, first + IA_SELECTOR, UINT64_MAX, 0);
    reg_put(l, s, first + IA_BASE, UINT64_MAX, s->reg[lab_find(l, first + IA_SELECTOR)] << 4);
    reg_put(l, s, first + IA_LIMIT, UINT64_MAX, LIMIT);
    reg_put(l, s, first + IA_RIGHTS, UINT64_MAX, real ? RIGHTS_OF_REAL : RIGHTS_OF_V86);
}

static void put(const struct lab *l, struct lab_state *s, enum lab_place place)
{
    const bool real = lab_mode(l, s) == IA_REAL;
    reg_put(l, s, IA_CR3, UINT64_MAX, root_of(place == PLACE_BARE ? PLACE_HERE : place));
    reg_put(l, s, IA_CR0, CR0_PE | CR0_PG, real ? 0 : CR0_PE | CR0_PG);
    reg_put(l, s, IA_EFLAGS, EFLAGS_VM, real ? 0 : EFLAGS_VM);
    for (unsigned n = IA_ES; n < IA_SEGS; n++)
        segment_put(l, s, n, real);
}

static bool is_put(reg_t r)
{
    const bool is_segment = r >= IA_SEG && r < IA_SEG + 4 * IA_SEGS;
    const unsigned n = (r - IA_SEG) / 4;
    return r == IA_CR3 || r == MACHINE_MODE || r == MACHINE_PC || (is_segment && ((r - IA_SEG) % 4 || n == IA_CS || n == IA_SS));
}

/* --- values: those of the rings' laboratory, brought down */

static bool is_table_base(reg_t r)
{
    return r == IA_GDTR_BASE || r == IA_IDTR_BASE || r == IA_SEG + 4 * IA_LDTR + IA_BASE || r == IA_SEG + 4 * IA_TR + IA_BASE;
}

static uint64_t lowered(reg_t reg, uint64_t v)
{
    if (is_table_base(reg))
        return v - BENCH_TABLES + TABLES;
    if (reg == MACHINE_PC)
        return v - BENCH_CODE_PAGE + CODE_PAGE;
    return reg == BENCH_ESP0 && v ? v - BENCH_DATA + DATA : v;
}

static uint64_t generate(reg_t reg, uint64_t *seed)
{
    enum { PARAGRAPHS = 16 };
    if (reg == MACHINE_MODE)
        return lab_next(seed) % 2 ? IA_V86 : IA_REAL;
    if (reg == IA_CR3)
        return root_of(PLACE_HERE + lab_next(seed) % 2);
    if (reg >= IA_SEG && reg < IA_SEG + 4 * IA_SEGS && (reg - IA_SEG) % 4 == IA_SELECTOR)
        return lab_next(seed) % PARAGRAPHS;
    return lowered(reg, lab_ia32.generate(reg, seed));
}

static uint64_t plain(reg_t reg)
{
    if (reg >= IA_SEG && reg < IA_SEG + 4 * IA_SEGS)
        return 0;
    if (reg == IA_ESP)
        return DATA + LAB_DATA - 0x400;
    return lowered(reg, lab_ia32.plain(reg));
}

static uint64_t extreme(reg_t reg, bool ones)
{
    const uint64_t of_rings = lab_ia32.extreme(reg, ones);
    return of_rings == lab_ia32.plain(reg) ? plain(reg) : of_rings;
}

static bool vmm_sees(struct lab *l, struct machine *m, const struct trap *t)
{
    (void)l, (void)m, (void)t;
    return true;
}

struct lab_isa lab_ia32_v86(void)
{
    struct lab_isa isa = lab_ia32;
    isa.mode_count = 2;
    isa.modes[0] = IA_V86;
    isa.modes[1] = IA_REAL;
    isa.mode_name[0] = "virtual-8086 mode";
    isa.mode_name[1] = "real mode";
    isa.top_translates = false;
    isa.open = memory_open;
    isa.fill = lab_ia32_v86_fill;
    isa.generate = generate;
    isa.plain = plain;
    isa.extreme = extreme;
    isa.put = put;
    isa.is_put = is_put;
    isa.probe.bits = 0x038b6766; /* mov eax, [ebx] */
    isa.probe.length = 4;
    isa.remap = remap;
    isa.vmm_sees = vmm_sees;
    return isa;
}

/* --- selectors tell no ring, and segments have nothing hidden that their paragraph does not say */

enum reg_partition ia32_v86_part(reg_t reg, enum reg_partition part)
{
    const bool is_segment = reg >= IA_SEG && reg < IA_SEG + 4 * IA_SEGS;
    const bool of_x87 = reg == IA_X87_FCS || reg == IA_X87_FDS;
    if (is_segment)
        return (reg - IA_SEG) % 4 == IA_RIGHTS ? PART_HIDDEN : PART_IDENTITY;
    return of_x87 ? PART_IDENTITY : part;
}
