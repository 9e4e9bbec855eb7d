/* about_gdb.c - IA-32 in GDB's words, the feature org.gnu.gdb.i386.core: the general registers, EIP, EFLAGS, selectors, ST(0) to ST(7),
 * and the x87's control registers. */
#include "isa/ia32/about.h"

#include "isa/ia32.h"

enum { EIP = IA32_GDB_PC, EFLAGS, SELECTORS, ST = SELECTORS + 6, CONTROLS = ST + 8 };

/* A packet with all registers has no names in it, so that the order is the numbers'. Values are of 4 bytes, even of
 * selectors and of the x87's words of 16 bits; those of its stack are of 10. */
bool ia32_about_gdb_register(uint64_t number, struct about_gdb *out)
{
    static const uint8_t selector[] = {IA_CS, IA_SS, IA_DS, IA_ES, IA_FS, IA_GS};
    static const char *const st[] = {"st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7"};
    static const reg_t control[] = {IA_X87_CONTROL, IA_X87_STATUS, IA_X87_TAG_WORD, IA_X87_FCS,
                                    IA_X87_FIP,     IA_X87_FDS,    IA_X87_FDP,      IA_X87_FOP};
    static const char *const control_name[] = {"fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"};
    *out = (struct about_gdb){.feature = "org.gnu.gdb.i386.core", .number = number, .bytes = 4, .type = "int32"};
    if (number < EIP) {
        out->reg = (reg_t)number;
        out->type = number == IA_ESP || number == IA_EBP ? "data_ptr" : "int32";
    } else if (number == EIP) {
        out->reg = MACHINE_PC;
        out->type = "code_ptr";
    } else if (number == EFLAGS) {
        out->reg = IA_EFLAGS;
    } else if (number < ST) {
        out->reg = IA_SEG + 4u * selector[number - SELECTORS];
    } else if (number < CONTROLS) {
        out->reg = IA_ST + 2 * (reg_t)(number - ST);
        out->bytes = 10;
        out->name = st[number - ST];
        out->type = "i387_ext";
    } else if (number < IA32_GDB_CORE) {
        out->reg = control[number - CONTROLS];
        out->name = control_name[number - CONTROLS];
    }
    return number < IA32_GDB_CORE;
}

bool ia32_about_gdb_listed(unsigned index, struct about_gdb *out) { return ia32_about_gdb_register(index, out); }
