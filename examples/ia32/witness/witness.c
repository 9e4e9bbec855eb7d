/* witness.c - the program of `trapeze witness ia32 --elf`: for Linux on a processor of this kind, in ring 3. It sets up each case that comes with
 * it, lets the instruction be executed, and prints what came of it: that it completed, and what it changed; or that it trapped, and how. */
#include "core/theory/replay_ia32.h"

enum { SYS_EXIT = 1, SYS_WRITE = 4, SYS_SIGACTION = 67, SYS_SIGALTSTACK = 186 };
enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11, SA_ONSTACK = 0x08000000, SA_NODEFER = 0x40000000 };
enum { ARITHMETIC = 0x8d5 /* OF SF ZF AF PF CF */, IF = 0x200, DF = 0x400 };

_Noreturn void witness_main(void);
void enter(const uint32_t registers[9]);
void completed(void), handler(void);
int system_call(int number, unsigned, unsigned, unsigned);

/* Of start.S. after: the registers, EFLAGS, DS, ES. */
uint32_t saved_esp, after[11], signal_number, vector, error;
uint32_t code_here = REPLAY_CODE;
static uint32_t resume; /* where the jump behind the instruction leads */

static const struct replay_head *const head = (const struct replay_head *)REPLAY_HEAD;
static uint8_t *const data = (uint8_t *)REPLAY_DATA;
static uint8_t pristine[REPLAY_DATA_SIZE], before[REPLAY_DATA_SIZE], signal_stack[16384];

/* --- what it prints */

static char line[256];
static unsigned filled;

static void flush(void)
{
    (void)system_call(SYS_WRITE, 1, (unsigned)(uintptr_t)line, filled);
    filled = 0;
}

static void put(char c)
{
    line[filled++] = c;
    if (c == '\n' || filled == sizeof line)
        flush();
}

static void text(const char *s)
{
    while (*s)
        put(*s++);
}

static void digits(uint32_t v, int count)
{
    for (int shift = 4 * count - 4; shift >= 0; shift -= 4)
        put("0123456789abcdef"[v >> shift & 15]);
}

static void number(uint32_t v)
{
    if (v >= 10)
        number(v / 10);
    put((char)('0' + v % 10));
}

static void told(const char *name, uint32_t v)
{
    text("    ");
    text(name);
    text(" = 0x");
    digits(v, 8);
    put('\n');
}

/* --- a case */

static uint16_t own_selector(uint32_t which)
{
    uint16_t code, stack;
    __asm__("mov %%cs, %0; mov %%ss, %1" : "=r"(code), "=r"(stack));
    return which == REPLAY_OWN_CODE ? code : stack;
}

/* jmp *resume */
static void jump_put(uint8_t *to)
{
    const uint32_t at = (uint32_t)(uintptr_t)&resume;
    to[0] = 0xff;
    to[1] = 0x25;
    for (unsigned n = 0; n < 4; n++)
        to[2 + n] = (uint8_t)(at >> 8 * n);
}

static void set_up(const struct replay_case *c, uint32_t registers[9])
{
    const struct replay_fix *fix = (const struct replay_fix *)(uintptr_t)c->fix;
    uint8_t *code = (uint8_t *)REPLAY_CODE;
    for (unsigned n = 0; n < REPLAY_DATA_SIZE; n++)
        data[n] = pristine[n];
    for (unsigned n = 0; n < c->length; n++)
        code[n] = c->insn[n];
    jump_put(code + c->length);
    jump_put((uint8_t *)REPLAY_TARGET);
    jump_put((uint8_t *)REPLAY_TARGET + REPLAY_TARGET_DIRECT);
    for (unsigned n = 0; n < 8; n++)
        registers[n] = c->reg[n];
    registers[8] = c->eflags;
    for (unsigned n = 0; n < c->fixes; n++) {
        const uint16_t selector = own_selector(fix[n].selector);
        if (fix[n].at < 8)
            registers[fix[n].at] = (registers[fix[n].at] & 0xffff0000) | selector;
        else
            *(volatile uint16_t *)(uintptr_t)fix[n].at = selector;
    }
    for (unsigned n = 0; n < REPLAY_DATA_SIZE; n++)
        before[n] = data[n];
}

static void tell_memory(void)
{
    for (unsigned n = 0; n < REPLAY_DATA_SIZE; n++) {
        if (data[n] == before[n])
            continue;
        unsigned end = n + 1;
        for (unsigned same = 0, at = end; at < REPLAY_DATA_SIZE && same < 4; at++)
            if (data[at] == before[at])
                same++;
            else
                same = 0, end = at + 1;
        text("    memory at 0x");
        digits(REPLAY_DATA + n, 8);
        text(" =");
        for (; n < end; n++) {
            put(' ');
            digits(data[n], 2);
        }
        put('\n');
    }
}

static void tell(const uint32_t registers[9])
{
    static const char *const name[] = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};
    const uint32_t visible = ARITHMETIC | IF | DF;
    if (signal_number) {
        text(vector < 256 ? "  traps: vector " : "  traps: signal "); /* an emulator does not tell the vector */
        number(vector < 256 ? vector : signal_number);
        text(", error code 0x");
        digits(error, 4);
        put('\n');
        return;
    }
    text("  completes in ring 3\n");
    for (unsigned n = 0; n < 8; n++)
        if (after[n] != registers[n])
            told(name[n], after[n]);
    if ((after[8] ^ (registers[8] | IF)) & visible)
        told("eflags", after[8] & visible);
    tell_memory();
}

static void perform(const struct replay_case *c)
{
    uint32_t registers[9];
    set_up(c, registers);
    resume = (uint32_t)(uintptr_t)completed;
    signal_number = 0;
    if (c->title) {
        text((const char *)(uintptr_t)c->title);
        put('\n');
    }
    enter(registers);
    tell(registers);
    if (c->leak && (!signal_number || c->traps)) {
        text("  ");
        text((const char *)(uintptr_t)c->leak);
        put('\n');
    }
}

/* --- */

static void signals_take(void)
{
    static const uint8_t taken[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV};
    const uint32_t stack[3] = {(uint32_t)(uintptr_t)signal_stack, 0, sizeof signal_stack};
    const uint32_t action[4] = {(uint32_t)(uintptr_t)handler, 0, SA_ONSTACK | SA_NODEFER, 0};
    (void)system_call(SYS_SIGALTSTACK, (unsigned)(uintptr_t)stack, 0, 0);
    for (unsigned n = 0; n < sizeof taken; n++)
        (void)system_call(SYS_SIGACTION, taken[n], (unsigned)(uintptr_t)action, 0);
}

void witness_main(void)
{
    const struct replay_case *each = (const struct replay_case *)(uintptr_t)head->each;
    signals_take();
    for (unsigned n = 0; n < REPLAY_DATA_SIZE; n++)
        pristine[n] = data[n];
    for (unsigned n = 0; n < head->cases; n++)
        perform(&each[n]);
    flush();
    (void)system_call(SYS_EXIT, 0, 0, 0);
    for (;;)
        ;
}
