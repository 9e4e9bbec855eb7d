/* kernel.c - a small kernel: Sv39 paging, two processes in address spaces of their own, system calls, demand-paged memory, a
 * timer that switches between them, power-off through the firmware. It knows nothing of virtual machines. */
#include <stdarg.h>
#include <stdint.h>

enum { PAGE = 4096, PROCESSES = 2, HEAP = 0x40000, HEAP_PAGES = 16, USER_TEXT = 0x10000, USER_STACK_TOP = 0x80000 };
enum { V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128 };
enum { SYS_WRITE = 1, SYS_EXIT = 2 };
enum { CAUSE_ECALL_U = 8, CAUSE_LOAD_PAGE = 13, CAUSE_STORE_PAGE = 15 };
#define CAUSE_TIMER ((UINT64_C(1) << 63) | 5)
#define UART ((volatile uint8_t *)0x10000000)
#define QUANTUM 2000 /* ticks of the 10 MHz clock */

struct process {
    uint64_t regs[32]; /* [0] is the pc; start.S knows this layout */
    uint64_t *root;
    unsigned id, faults, ticks;
    int running;
};

extern uint8_t user_start[], user_end[];
void trap_entry(void);
_Noreturn void user_return(struct process *);
_Noreturn void kernel_main(uint64_t hart, uint64_t device_tree);
struct process *kernel_trap(struct process *p, uint64_t cause, uint64_t value);

static struct process process[PROCESSES];
static uint8_t pool[64][PAGE] __attribute__((aligned(PAGE)));
static unsigned pool_used;

#define csr_read(name)                                                                                                                \
    ({                                                                                                                                \
        uint64_t v_;                                                                                                                  \
        __asm__ volatile("csrr %0, " #name : "=r"(v_));                                                                               \
        v_;                                                                                                                           \
    })
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"((uint64_t)(value)) : "memory")
#define csr_or(name, value) __asm__ volatile("csrs " #name ", %0" ::"r"((uint64_t)(value)) : "memory")

static void firmware(uint64_t extension, uint64_t function, uint64_t arg0, uint64_t arg1)
{
    register uint64_t a0 __asm__("a0") = arg0, a1 __asm__("a1") = arg1, a6 __asm__("a6") = function, a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
}

static void timer_start(void) { firmware(0x54494d45, 0, csr_read(time) + QUANTUM, 0); }

static _Noreturn void power_off(int failed)
{
    firmware(0x53525354, 0, 0, (uint64_t)failed); /* SRST: shutdown; reason 1 = system failure */
    for (;;)
        __asm__ volatile("wfi");
}

static void put(char c)
{
    while (!(UART[5] & 0x20)) /* LSR: transmitter empty */
        ;
    UART[0] = (uint8_t)c;
}

static void put_number(uint64_t n, unsigned base)
{
    if (n >= base)
        put_number(n / base, base);
    put("0123456789abcdef"[n % base]);
}

/* %s, %u, %x only; all arguments are words. */
static void print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        uint64_t word = va_arg(args, uint64_t);
        switch (*++format) {
        case 's':
            for (const char *s = (const char *)word; *s; s++)
                put(*s);
            break;
        case 'u': put_number(word, 10); break;
        case 'x': put_number(word, 16); break;
        }
    }
    va_end(args);
}

static void *page_new(void)
{
    if (pool_used == sizeof(pool) / PAGE) {
        print("kernel: out of memory\n");
        power_off(1);
    }
    return pool[pool_used++]; /* .bss: zero */
}

static uint64_t pte_to(const void *page, uint64_t flags) { return (uint64_t)page >> 12 << 10 | flags | V; }

/* Maps one 4 KiB page [priv 12.4.1]. */
static void map(uint64_t *root, uint64_t va, const void *page, uint64_t flags)
{
    uint64_t *table = root;
    for (unsigned level = 2; level > 0; level--) {
        uint64_t *pte = &table[va >> (12 + 9 * level) & 511];
        if (!(*pte & V))
            *pte = pte_to(page_new(), 0);
        table = (uint64_t *)(*pte >> 10 << 12);
    }
    table[va >> 12 & 511] = pte_to(page, flags | A | D);
}

/* The kernel's half: RAM and the UART where they are, as a gigapage each, for S-mode only. */
static uint64_t *space_new(void)
{
    uint64_t *root = page_new();
    root[0x80000000 >> 30] = pte_to((void *)0x80000000, R | W | X | A | D);
    uint64_t *low = page_new();
    root[0] = pte_to(low, 0);
    low[0x10000000 >> 21] = pte_to((void *)0x10000000, R | W | A | D);
    return root;
}

static void process_create(struct process *p, unsigned id)
{
    p->id = id;
    p->running = 1;
    p->root = space_new();
    for (uint64_t offset = 0; user_start + offset < user_end; offset += PAGE)
        map(p->root, USER_TEXT + offset, user_start + offset, R | X | U);
    map(p->root, USER_STACK_TOP - PAGE, page_new(), R | W | U);
    p->regs[0] = USER_TEXT;
    p->regs[2] = USER_STACK_TOP;
    p->regs[10] = id; /* a0: the program's argument */
}

static void space_switch(const struct process *p)
{
    csr_write(satp, UINT64_C(8) << 60 | (uint64_t)p->id << 44 | (uint64_t)p->root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
}

/* The next process in turn; powers off after the last one. */
static struct process *schedule(struct process *from)
{
    for (unsigned i = 1; i <= PROCESSES; i++) {
        struct process *p = &process[((unsigned)(from - process) + i) % PROCESSES];
        if (p->running) {
            if (p != from)
                space_switch(p);
            return p;
        }
    }
    print("kernel: all processes have ended, powering off\n");
    power_off(0);
}

static void kill(struct process *p, uint64_t cause, uint64_t value)
{
    print("kernel: process %u: unexpected trap, cause %u, value 0x%x, pc 0x%x\n", (uint64_t)p->id, cause, value, p->regs[0]);
    power_off(1);
}

static struct process *system_call(struct process *p)
{
    uint64_t *a = &p->regs[10];
    p->regs[0] += 4;
    switch (p->regs[17]) {
    case SYS_WRITE:
        csr_or(sstatus, 1 << 18); /* SUM: the kernel may read user memory */
        for (uint64_t i = 0; i < a[1]; i++)
            put(((const char *)a[0])[i]);
        __asm__ volatile("csrc sstatus, %0" ::"r"(1 << 18) : "memory");
        return p;
    case SYS_EXIT:
        print("kernel: process %u ended with status %u after %u page faults and %u timer ticks\n", (uint64_t)p->id, a[0],
              (uint64_t)p->faults, (uint64_t)p->ticks);
        p->running = 0;
        return schedule(p);
    }
    kill(p, CAUSE_ECALL_U, p->regs[17]);
    return p;
}

struct process *kernel_trap(struct process *p, uint64_t cause, uint64_t value)
{
    switch (cause) {
    case CAUSE_ECALL_U: return system_call(p);
    case CAUSE_TIMER:
        p->ticks++;
        timer_start();
        return schedule(p);
    case CAUSE_LOAD_PAGE:
    case CAUSE_STORE_PAGE:
        if (value - HEAP < HEAP_PAGES * PAGE) { /* the heap gets its pages when they are touched */
            p->faults++;
            map(p->root, value & ~(uint64_t)(PAGE - 1), page_new(), R | W | U);
            __asm__ volatile("sfence.vma %0" ::"r"(value) : "memory");
            return p;
        }
    }
    kill(p, cause, value);
    return p;
}

/*T:100 The story starts with a guest: a kernel that turns on paging, starts two processes and takes their traps. It was written for
 * a machine of its own, and nothing in it was changed to run in a virtual one. :*/
_Noreturn void kernel_main(uint64_t hart, uint64_t device_tree)
{
    (void)device_tree;
    print("kernel: S-mode on hart %u, turning on Sv39 paging\n", hart);
    for (unsigned i = 0; i < PROCESSES; i++)
        process_create(&process[i], i + 1);
    csr_write(stvec, (uint64_t)trap_entry);
    space_switch(&process[0]);
    timer_start();
    csr_write(sie, 1 << 5);
    __asm__ volatile("csrc sstatus, %0" ::"r"(1 << 8) : "memory"); /* SPP = U */
    csr_or(sstatus, 1 << 5);                                       /* SPIE: interrupts on in user mode */
    print("kernel: starting %u processes in user mode\n", (uint64_t)PROCESSES);
    user_return(&process[0]);
}
