/* firmware.c - the Supervisor Binary Interface from both sides: what we ask of the firmware below us, and what the guest, which
 * believes to have firmware of its own, asks of us. */
#include "hypervisor.h"

enum { SBI_BASE = 0x10, SBI_TIME = 0x54494d45, SBI_SRST = 0x53525354, SBI_DBCN = 0x4442434e };
enum { BASE_VERSION, BASE_PROBE = 3, DBCN_WRITE_BYTE = 2 };
enum { SBI_NOT_SUPPORTED = -2 };

static void sbi(uint64_t extension, uint64_t function, uint64_t arg0, uint64_t arg1)
{
    register uint64_t a0 __asm__("a0") = arg0, a1 __asm__("a1") = arg1, a6 __asm__("a6") = function, a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
}

void console_put(char c) { sbi(SBI_DBCN, DBCN_WRITE_BYTE, (uint8_t)c, 0); }
void timer_set(uint64_t when) { sbi(SBI_TIME, 0, when, 0); }

_Noreturn void power_off(uint64_t reason)
{
    report();
    sbi(SBI_SRST, 0, 0, reason);
    for (;;)
        __asm__ volatile("wfi");
}

/* --- The guest's */

static bool served(uint64_t extension) { return extension == SBI_BASE || extension == SBI_TIME || extension == SBI_SRST; }

static uint64_t base_call(uint64_t function, uint64_t argument)
{
    if (function == BASE_VERSION)
        return 2 << 24; /* 2.0 */
    return function == BASE_PROBE ? served(argument) : 0;
}

/* a7 extension, a6 function, a0.. arguments; a0 error and a1 value come back [SBI 3]. */
void firmware_call(struct vcpu *v)
{
    uint64_t *a = &v->x[10], value = 0, error = 0;
    counts.firmware++;
    switch (a[7]) {
    case SBI_BASE: value = base_call(a[6], a[0]); break;
    case SBI_TIME:
        v->deadline = a[0];
        clock_arm(v);
        break;
    case SBI_SRST: power_off(a[1]);
    default: error = (uint64_t)SBI_NOT_SUPPORTED; break;
    }
    a[0] = error;
    a[1] = value;
    v->x[0] += 4; /* an ecall traps instead of retiring: on the hart, it takes no cycle either */
}
