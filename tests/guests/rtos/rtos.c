/* rtos.c - what a small real-time system does: everything in M-mode, tasks that are switched by the CLINT's timer and by nothing else, and
 * that print by polling the UART. A lost tick shows at once: then no other task ever runs.
 */
#include <stdint.h>

enum { TASKS = 3, STACK = 4096, FRAME = 272, TICK = 1000 /* of the 10 MHz clock: a tenth of a millisecond */, LINES = 4 };
enum { FRAME_A0 = 10, FRAME_PC = 32, FRAME_STATUS = 33 };

static volatile uint8_t *const uart = (uint8_t *)0x10000000;
static volatile uint64_t *const mtimecmp = (uint64_t *)0x2004000, *const mtime = (uint64_t *)0x200bff8;
static volatile uint32_t *const test = (uint32_t *)0x100000;

_Noreturn void rtos_main(void);
_Noreturn void rtos_unexpected(uint64_t cause, uint64_t pc);
_Noreturn void task_first(uint64_t *frame);
uint64_t *rtos_tick(uint64_t *frame);

static uint64_t stack[TASKS][STACK / 8] __attribute__((aligned(16)));
static uint64_t *saved[TASKS];
static unsigned current, lock;
static volatile uint64_t ticks, switches[TASKS], ended;

static void put(char c)
{
    while (!(uart[5] & 0x20)) /* LSR: the transmitter is empty */
        ;
    uart[0] = (uint8_t)c;
}

static void print(const char *s)
{
    while (*s)
        put(*s++);
}

static void print_number(uint64_t n)
{
    if (n >= 10)
        print_number(n / 10);
    put((char)('0' + n % 10));
}

/* A line is one task's, whenever interrupts come. */
static void lock_take(void)
{
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
        ;
}

static void lock_give(void) { __atomic_store_n(&lock, 0, __ATOMIC_RELEASE); }

static _Noreturn void power_off(unsigned failed)
{
    *test = failed ? 0x13333 : 0x5555;
    for (;;)
        ;
}

_Noreturn void rtos_unexpected(uint64_t cause, uint64_t pc)
{
    print("rtos: unexpected trap ");
    print_number(cause);
    print(" at ");
    print_number(pc);
    put('\n');
    power_off(1);
}

/* Round robin, and the next tick is due so long after this one was, however late it is seen. */
uint64_t *rtos_tick(uint64_t *frame)
{
    saved[current] = frame;
    current = (current + 1) % TASKS;
    switches[current]++;
    ticks++;
    *mtimecmp += TICK;
    return saved[current];
}

static uint64_t work(uint64_t seed)
{
    for (unsigned n = 0; n < 60000; n++)
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return seed;
}

static void task(uint64_t number)
{
    uint64_t sum = number;
    for (unsigned line = 0; line < LINES; line++) {
        sum = work(sum + line);
        lock_take();
        print("task ");
        print_number(number);
        print(": line ");
        print_number(line);
        print(", ");
        print_number(sum % 1000);
        print(" at tick ");
        print_number(ticks);
        put('\n');
        lock_give();
    }
    __atomic_add_fetch(&ended, 1, __ATOMIC_RELAXED);
    while (ended < TASKS) /* the others are still to be given their turns */
        ;
    if (number == 0) {
        unsigned fair = ticks > 10;
        for (unsigned n = 0; n < TASKS; n++)
            fair = fair && switches[n] >= ticks / TASKS;
        print(fair ? "rtos: every task had its turns\n" : "rtos: a task went short\n");
        power_off(!fair);
    }
    for (;;)
        ;
}

_Noreturn void rtos_main(void)
{
    print("rtos: three tasks, ten ticks a millisecond\n");
    for (unsigned n = 0; n < TASKS; n++) {
        uint64_t *frame = &stack[n][(STACK - FRAME) / 8];
        frame[FRAME_A0] = n;
        frame[FRAME_PC] = (uint64_t)task;
        frame[FRAME_STATUS] = 3 << 11 | 1 << 7; /* MPP = M, MPIE */
        saved[n] = frame;
    }
    *mtimecmp = *mtime + TICK;
    __asm__ volatile("csrs mie, %0" ::"r"(1 << 7)); /* MTIE */
    task_first(saved[0]);
}
