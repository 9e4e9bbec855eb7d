/* kernel.c - a serial driver as many small kernels have it: transmit interrupts, and a handler that looks at LSR, reads RHR and writes
 * THR, and never reads IIR. So the transmitter's interrupt stands most of the time.
 *
 * First input is typed while the kernel prints, and the handler takes all that is there. Then the kernel only waits, and the handler
 * takes one character an interrupt: each must be told of again.
 */
#include <stdbool.h>
#include <stdint.h>

enum { LINES = 200, OUTPUT = 32, INPUT = 256 };
enum { SUPERVISOR_SOFTWARE = 1, SUPERVISOR_EXTERNAL = 9 };
enum { UART_IRQ = 10, IER_RECEIVED = 1, IER_TRANSMITTER = 2, FCR_ON_AND_CLEAR = 7, LCR_8N1 = 3, LSR_READY = 1, LSR_EMPTY = 0x20 };

#define UART ((volatile uint8_t *)0x10000000)
enum { DATA = 0, IER = 1, FCR = 2, LCR = 3, LSR = 5 };
#define PLIC(offset) (*(volatile uint32_t *)(0xc000000ul + (offset)))
enum { PLIC_ENABLE_S = 0x2080, PLIC_THRESHOLD_S = 0x201000, PLIC_CLAIM_S = 0x201004 };
#define FINISHER (*(volatile uint32_t *)0x100000)

static volatile char output[OUTPUT], input[INPUT];
static volatile unsigned output_head, output_tail, input_count, ticks;
static volatile bool one_at_a_time;

#define csr_set(csr, bits) asm volatile("csrs " #csr ", %0" : : "r"((uint64_t)(bits)) : "memory")
#define csr_clear(csr, bits) asm volatile("csrc " #csr ", %0" : : "r"((uint64_t)(bits)) : "memory")
static void interrupts_on(void) { csr_set(sstatus, 2); }
static void interrupts_off(void) { csr_clear(sstatus, 2); }

static void transmit(void)
{
    if (output_head != output_tail && (UART[LSR] & LSR_EMPTY))
        UART[DATA] = (uint8_t)output[output_tail++ % OUTPUT];
}

static void uart_interrupt(void)
{
    while ((UART[LSR] & LSR_READY) && input_count < INPUT) {
        input[input_count++] = (char)UART[DATA];
        if (one_at_a_time)
            break;
    }
    transmit();
}

void kernel_trap(uint64_t cause)
{
    if (cause == (UINT64_C(1) << 63 | SUPERVISOR_SOFTWARE)) {
        ticks++;
        csr_clear(sip, 1 << SUPERVISOR_SOFTWARE);
    } else if (cause == (UINT64_C(1) << 63 | SUPERVISOR_EXTERNAL)) {
        uint32_t source = PLIC(PLIC_CLAIM_S);
        if (source == UART_IRQ)
            uart_interrupt();
        if (source)
            PLIC(PLIC_CLAIM_S) = source;
    } else {
        FINISHER = 0x13333; /* failure 1 */
    }
}

/* Waits for room as a process would, asleep. */
static void put(char c)
{
    interrupts_off();
    while (output_head - output_tail == OUTPUT) {
        asm volatile("wfi");
        interrupts_on();
        interrupts_off();
    }
    output[output_head++ % OUTPUT] = c;
    transmit();
    interrupts_on();
}

static void print(const char *text)
{
    while (*text)
        put(*text++);
}

static void print_number(unsigned n)
{
    if (n >= 10)
        print_number(n / 10);
    put((char)('0' + n % 10));
}

/* Until `lines` lines have come; then shows them. */
static void show_input(const char *title, unsigned lines)
{
    for (unsigned seen = 0; seen < lines;) {
        interrupts_off();
        seen = 0;
        for (unsigned n = 0; n < input_count; n++)
            seen += input[n] == '\n';
        if (seen < lines)
            asm volatile("wfi");
        interrupts_on();
    }
    print(title);
    for (unsigned n = 0; n < input_count; n++)
        put(input[n]);
    input_count = 0;
}

static void devices_init(void)
{
    UART[IER] = 0;
    UART[LCR] = LCR_8N1;
    UART[FCR] = FCR_ON_AND_CLEAR;
    UART[IER] = IER_RECEIVED | IER_TRANSMITTER;
    PLIC(4 * UART_IRQ) = 1;
    PLIC(PLIC_ENABLE_S) = 1 << UART_IRQ;
    PLIC(PLIC_THRESHOLD_S) = 0;
    csr_set(sie, 1 << SUPERVISOR_EXTERNAL | 1 << SUPERVISOR_SOFTWARE);
}

void kernel_main(void)
{
    devices_init();
    interrupts_on();
    print("serial: transmit interrupts\n");
    for (unsigned n = 1; n <= LINES; n++) {
        print("line ");
        print_number(n);
        print(" of what is printed while somebody types\n");
    }
    show_input("read: ", 2);
    one_at_a_time = true;
    print("quiet\n");
    show_input("read: ", 2);
    print("ticks ");
    print_number(ticks);
    print("\nend\n");
    while (output_head != output_tail)
        asm volatile("wfi");
    FINISHER = 0x5555;
    for (;;)
        ;
}
