/* device.c - the guest's UART: what it prints goes to our console. Its registers are mapped nowhere, so each access traps and is
 * decoded and done here. */
#include "hypervisor.h"

enum { UART_SIZE = 8, UART_DATA = 0, UART_LSR = 5, LSR_EMPTY = 0x60 };
enum { OPCODE_LOAD = 0x03, OPCODE_STORE = 0x23, BYTE = 0, BYTE_UNSIGNED = 4 };
#define UART UINT64_C(0x10000000)

static uint8_t uart_read(uint64_t offset) { return offset == UART_LSR ? LSR_EMPTY : 0; } /* nobody types */

static void uart_write(uint64_t offset, uint8_t value)
{
    if (offset == UART_DATA)
        console_put((char)value);
}

/* The instruction at the pc; loads and stores of bytes have no short form. */
static uint32_t fetch(struct vcpu *v)
{
    uint32_t instruction = 0;
    uint64_t gpa, rights, fault;
    for (unsigned half = 0; half < 4; half += 2) {
        const uint16_t *at = translate(v, v->x[0] + half, FETCH, &gpa, &rights, &fault) ? guest_ram_at(gpa, 2) : NULL;
        if (!at)
            return 0;
        instruction |= (uint32_t)*at << (8 * half);
    }
    return instruction;
}

/*  imm rs1 19:15   width 14:12   rd 11:7 or imm   opcode 6:0    rs2 24:20 */
bool device_access(struct vcpu *v, enum access a, uint64_t gpa)
{
    uint32_t instruction = fetch(v);
    unsigned opcode = instruction & 0x7f, width = instruction >> 12 & 7, rd = instruction >> 7 & 31, rs2 = instruction >> 20 & 31;
    if (gpa - UART >= UART_SIZE || opcode != (a == STORE ? OPCODE_STORE : OPCODE_LOAD) || (width != BYTE && width != BYTE_UNSIGNED))
        return false;
    if (a == STORE)
        uart_write(gpa - UART, rs2 ? (uint8_t)v->x[rs2] : 0);
    else if (rd)
        v->x[rd] = width == BYTE ? (uint64_t)(int8_t)uart_read(gpa - UART) : uart_read(gpa - UART);
    advance(v, 4);
    return true;
}
