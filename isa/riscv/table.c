/* table.c - insn.def as arrays, for all that asks about a row. */
#include "isa/riscv/table.h"

#include "riscv_decode.h"

enum {
    NONE = SENSITIVE_NONE,
    CONTROL = SENSITIVE_CONTROL,
    LOCATION = SENSITIVE_LOCATION,
    MODE = SENSITIVE_MODE,
    STATE = SENSITIVE_STATE,
    HIDDEN = SENSITIVE_HIDDEN
};

#define CODE(...) CODE_(__VA_ARGS__)
#define CODE_(match_, mask_, length_) .match = match_, .mask = mask_, .length = length_

const struct insn_desc rv_rows[RV_INSN_COUNT] = {
#define INSN(row, ext_, encoding_, format_, does_, traps_, sensitive_, manual_)                                                       \
    [RV_INSN_##row] = {.name = RV_NAME_##row,                                                                                         \
                       .ext = #ext_,                                                                                                  \
                       .encoding = encoding_,                                                                                         \
                       .format = #format_,                                                                                            \
                       .manual = manual_,                                                                                             \
                       .traps = TRAPS_##traps_,                                                                                       \
                       .sensitive = sensitive_,                                                                                       \
                       CODE(RV_CODE_##row)},
#include "isa/riscv/insn.def"
#undef INSN
};

/* Apart from the descriptions, and 2 bytes a row, because this column is asked while the hart runs (miss.c). */
const uint16_t rv_does[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) [RV_INSN_##name] = DOES_##does,
#include "isa/riscv/insn.def"
#undef INSN
};
