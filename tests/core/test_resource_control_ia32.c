/* test_resource_control_ia32.c - resource control [PG74 p.414] of IA-32: virtual machines that are random bytes as kernels, with wild
 * tables, task switches into everything and page tables full of other people's addresses, side by side on one host: none changes a frame
 * that A did not give it, runs longer than it is let, has the host out of ring 3, or sees another's memory. All memory of the host carries
 * marks that tell whose it is, and what is nobody's is the host's.
 */
#include "core/system.h"
#include "core/vmm/vcpu.h"
#include "devices/pc.h"
#include "tests/core/hom_ia32.h"

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
enum { TURNS = 150 };
#else
enum { TURNS = 600 };
#endif
enum { VMS = 3, SHARE = 3000, FRAMES = 64, CHECK_ALL = 16, HOST = VMS, TENANT_RAM = PC_RAM_LEAST, HOST_RAM = 6 << 20, HERE = 8 };

/* --- Marks: the upper 20 bits of both halves of a word say whose it is. */

static const uint32_t mark[VMS + 1] = {0xa17e5, 0xb28f6, 0xc3907, 0xd4a18};

static uint64_t marked_word(unsigned who, size_t at)
{
    return (uint64_t)mark[who] << 44 | (uint64_t)(at >> 15 & 0xfff) << 32 | mark[who] << 12 | (at >> 3 & 0xfff);
}

static int marked(uint64_t word)
{
    for (int who = 0; who <= VMS; who++)
        if (word >> 44 == mark[who] && (word >> 12 & 0xfffff) == mark[who])
            return who;
    return -1;
}

static void fill(uint8_t *to, size_t size, unsigned who)
{
    for (size_t at = 0; at < size; at += 8) {
        const uint64_t word = marked_word(who, at);
        memcpy(to + at, &word, 8);
    }
}

/* --- The house */

struct tenant {
    struct machine *machine;
    struct system *system;
    struct pair self; /* both of which are this machine: what hom_ia32.h makes states of */
    struct hom hom;
    uint64_t instructions, resets, ends[END_WAITING + 1];
};

struct house {
    struct ram *ram;
    struct phys *phys;
    struct machine *host;
    unsigned ring_1; /* of which tenants ring 0 is in real ring 1: a bit each */
    struct tenant tenant[VMS];
    uint8_t owner[HOST_RAM / PAGE_SIZE]; /* of each frame */
    uint64_t hash[VMS + 1];              /* of the frames of each */
    uint32_t target[2 * VMS];            /* where in the host others have their memory */
};

static const struct vcpu *vm_at(const struct house *h, unsigned i) { return vcpu_of(h->tenant[i].machine); }

static void tenant_create(struct house *h, unsigned n)
{
    struct tenant *t = &h->tenant[n];
    const struct vm_config c = {.ram_size = TENANT_RAM,
                                .shadow = n == 1 ? SHADOW_TRACE : SHADOW_FLUSH,
                                .monitor = n == 2 ? VMM_HYBRID : VMM_TRAP,
                                .shadow_frames = FRAMES,
                                .ring = h->ring_1 >> n & 1};
    struct pc_config board = {.ram_size = TENANT_RAM};
    struct error e;
    if (vmm_create_vm(h->host, &c, &t->machine, &e) || system_create(&t->system, t->machine, pc_create, &board, 10, &e))
        fail_msg("%s", e.text);
    t->self.m[0] = t->self.m[1] = t->machine;
    t->hom = (struct hom){.pair = &t->self, .random = 1000 + n};
}

static void frames_take(struct house *h, unsigned n, pa_t from, uint64_t size)
{
    for (pa_t at = from; at < from + size; at += PAGE_SIZE) {
        assert_int_equal(h->owner[at / PAGE_SIZE], HOST); /* nobody's before */
        h->owner[at / PAGE_SIZE] = (uint8_t)n;
    }
}

static uint64_t frames_hash(const struct house *h, unsigned owner)
{
    uint64_t hash = 0;
    for (unsigned frame = 0; frame < sizeof h->owner; frame++)
        for (unsigned at = 0; h->owner[frame] == owner && at < PAGE_SIZE; at += 8) {
            uint64_t word;
            memcpy(&word, ram_host(h->ram) + (size_t)frame * PAGE_SIZE + at, 8);
            hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15) + (hash >> 29);
        }
    return hash;
}

static void frames_mark(struct house *h)
{
    memset(h->owner, HOST, sizeof h->owner);
    fill(ram_host(h->ram), HOST_RAM, HOST);
    for (unsigned i = 0; i < VMS; i++) {
        const struct vcpu *vcpu = vm_at(h, i);
        frames_take(h, i, vcpu->vm->ram.v, TENANT_RAM);
        frames_take(h, i, vcpu->tables.v, (uint64_t)FRAMES * PAGE_SIZE);
        fill(ram_host(h->ram) + vcpu->vm->ram.v, TENANT_RAM, i);
        h->target[2 * i] = (uint32_t)vcpu->vm->ram.v;
        h->target[2 * i + 1] = (uint32_t)vcpu->tables.v;
    }
}

static void house_open(struct house *h, uint32_t variants, unsigned ring_1)
{
    struct ia32_config config = ia32_config_default;
    memset(h, 0, sizeof *h);
    config.variants = variants;
    h->ring_1 = ring_1;
    assert_int_equal(ram_create(&h->ram, HOST_RAM), 0);
    assert_int_equal(phys_create(&h->phys), 0);
    assert_int_equal(phys_add_ram(h->phys, "ram", 0, HOST_RAM, h->ram, 0), 0);
    assert_int_equal(ia32_create(&h->host, h->phys, NULL, &config), 0);
    for (unsigned i = 0; i < VMS; i++)
        tenant_create(h, i);
    frames_mark(h);
    for (unsigned i = 0; i <= VMS; i++)
        h->hash[i] = frames_hash(h, i);
}

static void house_close(struct house *h)
{
    for (unsigned i = 0; i < VMS; i++) {
        system_destroy(h->tenant[i].system);
        machine_destroy(h->tenant[i].machine);
    }
    machine_destroy(h->host);
    phys_destroy(h->phys);
    ram_destroy(h->ram);
}

/* --- What they try */

static uint32_t address(struct house *h, struct hom *x)
{
    switch (hom_below(x, 8)) {
    case 0: return h->target[hom_below(x, 2 * VMS)] + hom_below(x, TENANT_RAM);
    case 1: return (uint32_t)hom_word(x);
    case 2: return 0xa0000 + hom_below(x, 0x60000);
    default: return hom_below(x, HOM_BYTES);
    }
}

/* Instructions that a kernel alone has any business with, and what they are given. */
static void privileged(struct house *h, struct hom *x)
{
    static const uint8_t one[] = {0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x6c, 0x6d, 0x6e, 0x6f, 0x9c, 0x9d, 0xa4,
                                  0xa5, 0xab, 0xcb, 0xcc, 0xce, 0xcf, 0xec, 0xee, 0xef, 0xf4, 0xfa, 0xfb, 0xf1};
    static const uint8_t two[] = {0x06, 0x08, 0x09, 0x30, 0x31, 0x32, 0xa2, 0xa1, 0xa9};
    uint8_t *b = x->code;
    unsigned n = 0;
    if (hom_one_in(x, 6))
        b[n++] = hom_one_in(x, 2) ? 0x66 : 0xf3;
    switch (hom_below(x, 10)) {
    case 0:
    case 1: b[n++] = one[hom_below(x, sizeof one)]; break;
    case 2:
        b[n++] = 0x0f;
        b[n++] = two[hom_below(x, sizeof two)];
        break;
    case 3: /* MOV to and from control and debug registers */
        b[n++] = 0x0f;
        b[n++] = (uint8_t)(0x20 + hom_below(x, 4));
        b[n++] = (uint8_t)(0xc0 + hom_below(x, 64));
        break;
    case 4: /* groups 6 and 7, LAR, LSL */
        b[n++] = 0x0f;
        b[n++] = (uint8_t)hom_below(x, 4);
        b[n++] = (uint8_t)hom_below(x, 256);
        break;
    case 5: /* MOV of segment registers */
        b[n++] = hom_one_in(x, 3) ? 0x8c : 0x8e;
        b[n++] = (uint8_t)hom_below(x, 256);
        break;
    case 6: /* CALL, JMP */
        b[n++] = hom_one_in(x, 2) ? 0x9a : 0xea;
        for (unsigned i = 0; i < 6; i++)
            b[n++] = 0;
        const uint32_t to = HOM_CODE + hom_below(x, PAGE_SIZE);
        const uint16_t selector = hom_selector(x);
        memcpy(b + n - 6, &to, 4);
        memcpy(b + n - 2, &selector, 2);
        break;
    case 7: /* MOV eax, an address; or a store there */
        b[n++] = hom_one_in(x, 2) ? 0xb8 : 0xa3;
        const uint32_t at = address(h, x);
        memcpy(b + n, &at, 4);
        n += 4;
        break;
    case 8:
        b[n++] = 0xcd;
        b[n++] = (uint8_t)hom_below(x, 256);
        break;
    default:
        for (unsigned i = 0; i < 6; i++)
            b[n++] = (uint8_t)hom_word(x);
        break;
    }
    x->length = n;
}

static void code(struct house *h, struct hom *x)
{
    for (unsigned at = 0; at < PAGE_SIZE - 16; at += x->length) {
        privileged(h, x);
        memcpy(x->image + HOM_CODE + at, x->code, x->length);
    }
}

/* Page tables in which some entries name other people's frames, and some the tables themselves. */
static void wild_pages(struct house *h, struct hom *x)
{
    hom_page_tables(x);
    for (unsigned n = PAIR_RAM / PAGE_SIZE; n < 1024; n++)
        hom_put(x, HOM_PAGES + 4 * n, 4, (address(h, x) & ~0xfffu) | (hom_below(x, 256) & 0x67) | 1);
    for (unsigned n = 1; n < 1024; n++)
        if (hom_one_in(x, 8))
            hom_put(x, HOM_DIRECTORY + 4 * n, 4, (address(h, x) & ~0xfffu) | (hom_below(x, 256) & 0xe7) | 1);
}

static void turn(struct house *h, struct tenant *t)
{
    struct hom *x = &t->hom;
    memset(x->image, 0, sizeof x->image);
    x->cpl = hom_one_in(x, 3) ? 3 : hom_one_in(x, 3) ? hom_below(x, 4) : 0;
    x->calm = hom_one_in(x, 2);
    x->paged = hom_one_in(x, 2);
    x->late = hom_one_in(x, 4);
    x->size = 4;
    x->esp = hom_esp(x, x->cpl);
    x->ebx = address(h, x);
    x->eip = HOM_CODE + hom_below(x, 64);
    x->code_base = 0;
    hom_tables(x);
    for (unsigned n = 0; n < TASKS; n++)
        hom_task(x, n);
    hom_frame(x, true, 0);
    code(h, x);
    wild_pages(h, x);
    hom_control(x);
    hom_segments(x);
    hom_registers(x);
    for (unsigned n = 0; n < 8; n++)
        if (n != IA_ESP && hom_one_in(x, 2))
            machine_set(t->machine, n, address(h, x));
    if (hom_one_in(x, 8))
        machine_set(t->machine, MACHINE_MODE, hom_one_in(x, 2) ? IA_REAL : IA_V86);
    assert_int_equal(machine_store(t->machine, 0, x->image, sizeof x->image), 0);
    machine_fence(t->machine, &(struct fence){.cold = true});
}

/* --- What must hold */

static void changed_only_its_own(struct house *h, unsigned n, bool all)
{
    for (unsigned i = 0; i < (all ? VMS + 1 : VMS); i++) {
        if (i == n)
            h->hash[i] = frames_hash(h, i);
        else if (frames_hash(h, i) != h->hash[i])
            fail_msg("vm %u has changed a frame of %u", n, i);
    }
}

/* Neither its memory nor the wide registers have another's mark, at any alignment. */
static void has_only_its_own(const struct house *h, unsigned n)
{
    const struct machine *m = h->tenant[n].machine;
    const uint8_t *ram = ram_host(h->ram) + vm_at(h, n)->vm->ram.v;
    for (unsigned i = 0; i < 8; i++)
        assert_true(marked(machine_get(m, IA_X87 + 2 * i)) < 0 || marked(machine_get(m, IA_X87 + 2 * i)) == (int)n);
    for (size_t at = 0; at + 8 <= TENANT_RAM; at++) {
        uint64_t word;
        memcpy(&word, ram + at, 8);
        const int who = marked(word);
        if (who >= 0 && who != (int)n)
            fail_msg("vm %u has a word of %d in its RAM at 0x%zx", n, who, at);
    }
}

/* The machine walks these tables: whatever they map, the tenant reaches, and that must be its RAM. */
static void maps_only_its_own(const struct house *h, unsigned n, pa_t at, unsigned level)
{
    const struct vcpu *vcpu = vm_at(h, n);
    const struct pt_format *format = vcpu->isa->host_format(h->host);
    assert_true(at - vcpu->tables.v < (pa_t)FRAMES * PAGE_SIZE);
    for (unsigned i = 0; i < 1024; i++) {
        uint32_t pte;
        memcpy(&pte, ram_host(h->ram) + at + 4 * (size_t)i, 4);
        if (!(pte & 1))
            continue;
        if (level > 0)
            maps_only_its_own(h, n, format->address(pte), level - 1);
        else
            assert_true(format->address(pte) - vcpu->vm->ram.v < TENANT_RAM);
    }
}

static void check(struct house *h, unsigned n, bool all)
{
    changed_only_its_own(h, n, all);
    if (all)
        has_only_its_own(h, n);
    for (unsigned root = 0; all && root < vm_at(h, n)->asid_count; root++)
        maps_only_its_own(h, n, shadow_root(vm_at(h, n)->shadow, root), 1);
    const uint64_t mode = machine_get(h->host, MACHINE_MODE);
    assert_true(machine_get(h->host, IA_INNER) || mode == IA_RING3 || (h->ring_1 >> n & 1 && (mode == IA_RING1 || mode == IA_RING2)));
}

/* --- The run */

/* Its share and no instruction more; less only where it came to an end. */
static void run_share(struct house *h, struct tenant *t)
{
    const uint64_t before = t->system->retired, host_before = machine_get(h->host, MACHINE_RETIRED);
    struct vm_stats s0, s1;
    vm_stats(t->machine, &s0);
    const struct system_result r = system_run(t->system, SHARE);
    vm_stats(t->machine, &s1);
    const uint64_t ran = t->system->retired - before, direct = s1.direct - s0.direct;
    assert_true(r.end == END_RUNNING ? ran == SHARE : ran <= SHARE);
    assert_int_equal(machine_get(h->host, MACHINE_RETIRED) - host_before, direct);
    assert_int_equal(direct + (s1.emulated - s0.emulated) + (s1.interpreted - s0.interpreted), ran);
    t->instructions += ran;
    t->ends[r.end]++;
    if (r.end == END_STOPPED)
        fail_msg("stopped: %s", r.why);
    if (r.end != END_RUNNING)
        system_reset(t->system);
}

static void they_try_everything(uint32_t variants, unsigned ring_1)
{
    static struct house house;
    struct house *h = &house;
    house_open(h, variants, ring_1);
    for (unsigned n = 0; n < TURNS; n++)
        for (unsigned i = 0; i < VMS; i++) {
            turn(h, &h->tenant[i]);
            run_share(h, &h->tenant[i]);
            check(h, i, n % CHECK_ALL == i);
        }
    for (unsigned i = 0; i < VMS; i++) {
        const struct tenant *t = &h->tenant[i];
        struct vm_stats s;
        unsigned rows = 0;
        vm_stats(t->machine, &s);
        check(h, i, true);
        for (unsigned row = 0; row < IA_INSN_COUNT; row++)
            rows += s.v_i[row] > 0;
        print_message("vm %u: %llu instructions, %llu traps, %llu leaves filled, %llu device accesses, %u routines; ends:", i,
                      (unsigned long long)t->instructions, (unsigned long long)s.traps, (unsigned long long)s.fills,
                      (unsigned long long)s.device_accesses, rows);
        for (unsigned end = 0; end <= END_WAITING; end++)
            print_message(" %llu", (unsigned long long)t->ends[end]);
        print_message("\n");
        assert_true(s.hybrid ||
                    (rows > (variants == IA32_VT ? 12 : 30) && s.traps > 10 * TURNS && s.fills > TURNS)); /* they did try */
    }
    house_close(h);
}

static void test_plain(void **state)
{
    (void)state;
    they_try_everything(0, 0);
}
static void test_traps(void **state)
{
    (void)state;
    they_try_everything(IA32_TRAPS, 0);
}

static void test_guest_mode(void **state)
{
    (void)state;
    they_try_everything(IA32_VT, 0);
}

/* Beside a neighbour whose ring 0 is in real ring 3, and one of whom ring 3 alone runs directly. */
static void test_ring_1(void **state)
{
    (void)state;
    they_try_everything(0, 1);
    they_try_everything(IA32_TRAPS, 2);
}

/* The checks see what they are for. */
static void test_marks(void **state)
{
    static struct house house;
    struct house *h = &house;
    const uint64_t word = marked_word(1, HERE);
    (void)state;
    house_open(h, 0, 0);
    for (unsigned who = 0; who <= VMS; who++)
        assert_int_equal(marked(marked_word(who, 0x123450)), who);
    assert_int_equal(marked(0x123456789abcdef), -1);
    uint8_t *other = ram_host(h->ram) + vm_at(h, 0)->vm->ram.v + HERE;
    assert_int_equal(frames_hash(h, 0), h->hash[0]);
    memcpy(other, &word, sizeof word);
    assert_true(frames_hash(h, 0) != h->hash[0]);
    house_close(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain), cmocka_unit_test(test_traps), cmocka_unit_test(test_guest_mode),
                                       cmocka_unit_test(test_ring_1), cmocka_unit_test(test_marks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
