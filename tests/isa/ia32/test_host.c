/* test_host.c - random instructions of random operands, on IA-32's CPU and on the processor that the test runs on, where that is of its
 * kind. There they are executed in 64-bit mode: those whose bytes mean the same in both, with addresses below 2^31. Compared are the
 * registers, the memory, the trap, and of the flags those that the manual defines. */
#define _GNU_SOURCE /* REG_RIP */
#include "tests/isa/ia32/code_rig.h"

#include "isa/ia32/decode.h"

#if defined(__x86_64__) && defined(__linux__)
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { DATA = 0x100000, DATA_SIZE = 0x10000, TEXT = 0x120000, CASES = 400000 };

/* Rows whose bytes are something else in 64-bit mode, or that go somewhere, or that a program may not do, are not here. */
static const uint16_t tried[] = {
#define T(row) IA_INSN_##row
#define ALU(op) T(op##_rm_r), T(op##_r_rm), T(op##_a_i), T(op##_rm_i), T(op##_rm_is)
#define SHIFT(op) T(op##_rm_i), T(op##_rm_1), T(op##_rm_cl)
    ALU(add),     ALU(or),      ALU(adc),       ALU(sbb),        ALU(and),   ALU(sub),    ALU(xor),     ALU(cmp),    T(test_rm_r),
    T(test_a_i),  T(test_rm_i), T(inc_rm),      T(dec_rm),       T(not_rm),  T(neg_rm),   T(mul_rm),    T(imul_rm),  T(div_rm),
    T(idiv_rm),   T(imul_r_rm), T(imul_r_rm_i), T(imul_r_rm_is), T(cbw),     T(cwd),      T(bswap),     T(xadd),     T(cmpxchg),
    T(cmpxchg8b), SHIFT(rol),   SHIFT(ror),     SHIFT(rcl),      SHIFT(rcr), SHIFT(shl),  SHIFT(shr),   SHIFT(sar),  T(shld_i),
    T(shld_cl),   T(shrd_i),    T(shrd_cl),     T(bt_r),         T(bt_i),    T(bts_r),    T(bts_i),     T(btr_r),    T(btr_i),
    T(btc_r),     T(btc_i),     T(bsf),         T(bsr),          T(setcc),   T(mov_rm_r), T(mov_r_rm),  T(mov_r8_i), T(mov_r_i),
    T(mov_rm_i),  T(movzx_b),   T(movzx_w),     T(movsx_b),      T(movsx_w), T(lea),      T(xchg_rm_r), T(xchg_r_a), T(nop),
    T(cmovcc),    T(xlat),      T(lahf),        T(sahf),         T(clc),     T(stc),      T(cmc),       T(cld),      T(std),
    T(movs),      T(cmps),      T(stos),        T(lods),         T(scas),
};

struct registers {
    uint32_t r[8], flags, trapped; /* trapped: a signal */
};

/* --- the host */

static struct registers host;
static uint8_t *data, *text;

static void on_signal(int sig, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    (void)info;
    host.trapped = (uint32_t)sig;
    u->uc_mcontext.gregs[REG_RIP] = u->uc_mcontext.gregs[REG_R11];
}

/* Loads the registers, goes to `text`, which ends with a jump to R11, and stores them. ESP stays the test's own. */
static void host_run(void)
{
    __asm__ volatile("sub $128, %%rsp\n push %%rbx\n push %%rbp\n mov %0, %%r8\n mov %1, %%r10\n lea 1f(%%rip), %%r11\n"
                     "mov 0(%%r8), %%eax\n mov 4(%%r8), %%ecx\n mov 8(%%r8), %%edx\n mov 12(%%r8), %%ebx\n"
                     "mov 20(%%r8), %%ebp\n mov 24(%%r8), %%esi\n mov 28(%%r8), %%edi\n"
                     "mov 32(%%r8), %%r9d\n push %%r9\n popfq\n jmp *%%r10\n"
                     "1: pushfq\n pop %%r9\n cld\n mov %%r9d, 32(%%r8)\n"
                     "mov %%eax, 0(%%r8)\n mov %%ecx, 4(%%r8)\n mov %%edx, 8(%%r8)\n mov %%ebx, 12(%%r8)\n"
                     "mov %%ebp, 20(%%r8)\n mov %%esi, 24(%%r8)\n mov %%edi, 28(%%r8)\n"
                     "pop %%rbp\n pop %%rbx\n add $128, %%rsp\n"
                     :
                     : "r"(&host), "r"(text)
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
}

static void host_do(const uint8_t *bytes, unsigned length)
{
    memcpy(text, bytes, length);
    memcpy(text + length, "\x41\xff\xe3", 3); /* jmp r11 */
    host_run();
}

static bool host_open(void)
{
    struct sigaction act = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    data = mmap((void *)(uintptr_t)DATA, DATA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    text = mmap((void *)(uintptr_t)TEXT, 0x1000, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                -1, 0);
    return data == (void *)(uintptr_t)DATA && text == (void *)(uintptr_t)TEXT && sigaction(SIGFPE, &act, NULL) == 0 &&
           sigaction(SIGSEGV, &act, NULL) == 0 && sigaction(SIGILL, &act, NULL) == 0;
}

/* --- a case */

static uint64_t seed = 1;
static uint32_t draw(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 32);
}
static uint32_t draw_value(void)
{
    static const uint32_t edge[] = {0,      1,          0x7f,       0x80,       0xff, 0x7fff, 0x8000,
                                    0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x10, 0x1f,   0x20};
    return draw() % 4 ? draw() >> (draw() % 4 * 8) : edge[draw() % (sizeof edge / sizeof edge[0])];
}

struct attempt {
    unsigned row;
    uint8_t bytes[16];
    ia_insn insn;
    struct registers before;
};

static bool is_string(unsigned row) { return row >= IA_INSN_movs && row <= IA_INSN_scas; }
static bool is_bit_by_register(unsigned row)
{
    return row == IA_INSN_bt_r || row == IA_INSN_bts_r || row == IA_INSN_btr_r || row == IA_INSN_btc_r;
}

/* The bytes: a prefix or two, the opcode, ModRM with a register that is not ESP or with [ebx|esi|edi + disp32], and what follows. */
static void draw_bytes(struct attempt *a)
{
    const struct insn_desc *d = &isa_ia32.rows[a->row];
    const bool modrm = strchr(d->encoding, '/') != NULL;
    uint8_t *at = a->bytes;
    if (draw() % 3 == 0)
        *at++ = 0x66;
    if (is_string(a->row) && draw() % 2)
        *at++ = draw() % 2 ? 0xf3 : 0xf2;
    insn_t bits = (d->match & d->mask) | ((insn_t)draw() & ~d->mask);
    memcpy(at, &bits, d->length);
    at += d->length;
    if (modrm) {
        static const uint8_t base[] = {IA_EBX, IA_ESI, IA_EDI};
        const uint8_t reg = at[-1] & 0x38;
        const bool memory = strstr(d->encoding, " m") || draw() % 2;
        at[-1] = (uint8_t)(memory ? 0x80 | reg | base[draw() % 3] : 0xc0 | reg | draw() % 8);
        if (memory) {
            const uint32_t disp = draw() % 0x100;
            memcpy(at, &disp, 4);
            at += 4;
        }
    }
    for (; at < a->bytes + sizeof a->bytes; at++)
        *at = (uint8_t)draw();
}

/* ESP would be the test's own stack pointer: of a byte, register 4 is AH. */
static bool has_esp(const ia_insn *i, const struct insn_desc *d)
{
    const bool byte_source = i->row == IA_INSN_movzx_b || i->row == IA_INSN_movsx_b;
    if (strstr(d->encoding, "/r") && i->reg == IA_ESP && i->opsize != 1)
        return true;
    return !i->rm_is_memory && i->rm == IA_ESP && i->opsize != 1 && !byte_source && i->row != IA_INSN_setcc;
}

/* The registers that addresses are made of. */
static bool is_address(unsigned reg) { return reg == IA_EBX || reg == IA_ESI || reg == IA_EDI; }

static bool draw_attempt(struct attempt *a)
{
    struct registers *b = &a->before;
    a->row = tried[draw() % (sizeof tried / sizeof tried[0])];
    draw_bytes(a);
    if (ia_decode(&ia32_config_default, IA_CTX_D, a->bytes, 15, &a->insn) != IA_DECODED || a->insn.row != a->row ||
        has_esp(&a->insn, &isa_ia32.rows[a->row]))
        return false;
    for (unsigned n = 0; n < 8; n++)
        b->r[n] = draw_value();
    if (is_bit_by_register(a->row) && a->insn.rm_is_memory)
        b->r[a->insn.reg] = a->insn.opsize == 2 ? draw() << 16 | (draw() % 4096 + 0xf800) % 0x10000 : draw() % 4096 - 2048;
    b->r[IA_EBX] = DATA + 0x4000 + draw() % 0x1000;
    b->r[IA_ESI] = DATA + 0x6000 + draw() % 0x1000;
    b->r[IA_EDI] = DATA + (draw() % 2 ? 0x6000u : 0x8000u) + draw() % 0x1000;
    if (a->insn.rep)
        b->r[IA_ECX] = draw() % 6;
    b->flags = (draw() & (EFLAGS_STATUS | EFLAGS_DF)) | EFLAGS_IF | EFLAGS_ONE;
    b->trapped = 0;
    return !(is_bit_by_register(a->row) && a->insn.rm_is_memory && is_address(a->insn.reg));
}

/* The flags that the manual leaves undefined; all bits: the result, too. */
static uint32_t undefined_shift(const ia_insn *i, unsigned count, bool rotate, bool is_double, bool arithmetic)
{
    const unsigned bits = i->opsize * 8u;
    if (!(count &= 31))
        return 0;
    uint32_t flags = (count != 1 ? EFLAGS_OF : 0u) | (rotate ? 0u : EFLAGS_AF);
    if (is_double && count > bits)
        return UINT32_MAX;
    if (!rotate && !arithmetic && count >= bits)
        flags |= EFLAGS_CF;
    return flags;
}

static uint32_t undefined_of(const struct attempt *a)
{
    const char *name = isa_ia32.rows[a->row].name;
    const ia_insn *i = &a->insn;
    const bool is_shift = a->row >= IA_INSN_rol_rm_i && a->row <= IA_INSN_sar_rm_cl,
               is_double = !strncmp(name, "sh", 2) && name[3] == 'd';
    const unsigned count = strstr(name, "_cl") ? a->before.r[IA_ECX] : strstr(name, "_1") ? 1 : i->imm;
    if (is_shift || is_double)
        return undefined_shift(i, count, name[0] == 'r', is_double, !strncmp(name, "sar", 3));
    if (strstr(name, "mul"))
        return EFLAGS_SF | EFLAGS_ZF | EFLAGS_AF | EFLAGS_PF;
    if (strstr(name, "div"))
        return EFLAGS_STATUS;
    if (!strncmp(name, "bs", 2) && (name[2] == 'f' || name[2] == 'r'))
        return EFLAGS_STATUS & ~EFLAGS_ZF;
    if (!strncmp(name, "bt", 2))
        return EFLAGS_OF | EFLAGS_SF | EFLAGS_AF | EFLAGS_PF;
    if (!strncmp(name, "and", 3) || !strncmp(name, "or", 2) || !strncmp(name, "xor", 3) || !strncmp(name, "test", 4))
        return EFLAGS_AF;
    return a->row == IA_INSN_bswap && i->opsize == 2 ? UINT32_MAX : 0;
}

/* --- the comparison */

static uint8_t initial[DATA_SIZE], got[DATA_SIZE];

static struct registers own_do(struct code_rig *r, const struct attempt *a)
{
    struct registers out = {0};
    uint64_t done = 0;
    for (unsigned n = 0; n < 8; n++)
        machine_set(r->m, n, a->before.r[n]);
    machine_set(r->m, IA_EFLAGS, a->before.flags);
    machine_set(r->m, MACHINE_PC, TEXT);
    code_put(r, TEXT, a->bytes, 15);
    for (;;) {
        const struct trap t = machine_run(r->m, 1, &done);
        out.trapped = t.kind == TRAP_EXCEPTION;
        if (t.kind != TRAP_BUDGET || code_get(r, MACHINE_PC) != TEXT)
            break;
    }
    for (unsigned n = 0; n < 8; n++)
        out.r[n] = code_get(r, n);
    out.flags = code_get(r, IA_EFLAGS);
    return out;
}

static void show(const struct attempt *a, const struct registers *own, uint32_t undefined)
{
    char hex[INSN_HEX];
    insn_t bits = 0;
    memcpy(&bits, a->bytes, 15);
    print_message("%s, %s: undefined flags %x\n", isa_ia32.rows[a->row].name, insn_hex(bits, a->insn.length, hex), undefined);
    for (unsigned n = 0; n < 8; n++)
        print_message("  r%u %08x: host %08x, own %08x\n", n, a->before.r[n], host.r[n], own->r[n]);
    print_message("  flags %08x: host %08x, own %08x; trapped %u, %u\n", a->before.flags, host.flags, own->flags, host.trapped,
                  own->trapped);
}

static bool attempt_is_same(struct code_rig *r, const struct attempt *a)
{
    const uint32_t undefined = undefined_of(a);
    const struct registers own = own_do(r, a);
    host = a->before;
    host_do(a->bytes, a->insn.length);
    assert_int_equal(machine_load(r->m, DATA, got, DATA_SIZE), 0);
    bool same = !host.trapped == !own.trapped && (host.trapped || undefined == UINT32_MAX || !memcmp(got, data, DATA_SIZE));
    if (!host.trapped && undefined != UINT32_MAX) {
        const uint32_t mask = (EFLAGS_STATUS | EFLAGS_DF) & ~undefined;
        for (unsigned n = 0; n < 8; n++)
            same = same && (n == IA_ESP || host.r[n] == own.r[n]);
        same = same && !((host.flags ^ own.flags) & mask);
    }
    if (!same)
        show(a, &own, undefined);
    if (!same || undefined == UINT32_MAX)
        code_put(r, DATA, data, DATA_SIZE);
    return same;
}

static void test_random(void **state)
{
    struct code_rig r;
    struct attempt a;
    unsigned wrong = 0, done = 0;
    (void)state;
    if (!host_open()) {
        print_message("no room at the addresses that the test needs\n");
        skip();
    }
    code_open(&r, IA_MODEL_686, true);
    for (unsigned n = 0; n < DATA_SIZE; n++)
        initial[n] = (uint8_t)draw();
    memcpy(data, initial, DATA_SIZE);
    code_put(&r, DATA, initial, DATA_SIZE);
    while (done < CASES && wrong < 10) {
        if (!draw_attempt(&a))
            continue;
        done++;
        wrong += !attempt_is_same(&r, &a);
    }
    code_close(&r);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
    printf("the processor at hand is not of this kind\n");
    return 77;
}
#endif
