# start.S - entry by a multiboot loader, the handlers that are measured, and user code that traps.
# Handlers do the least that a handler must: what is measured is the machine. Those that skip an instruction count %eax down, so that the
# loops around it end only when it has trapped so often.

    .equ    KERNEL_CODE, 8
    .equ    KERNEL_DATA, 16
    .equ    USER_CODE, 24 + 3
    .equ    USER_DATA, 32 + 3
    .equ    TASK, 40
    .equ    PRESENT_INTERRUPT_GATE, 0x8e00

    .section .start, "ax"
    .balign 4
    .long   0x1badb002              # multiboot: nothing is asked for but the load
    .long   0
    .long   -0x1badb002

    .globl  _start
_start:                             # %eax = the loader's word, %ebx = what it says
    cli
    movl    $stack_top, %esp
    lgdt    table_pointer
    ljmp    $KERNEL_CODE, $1f
1:  movw    $KERNEL_DATA, %cx
    movw    %cx, %ds
    movw    %cx, %es
    movw    %cx, %fs
    movw    %cx, %gs
    movw    %cx, %ss
    movl    $task, %ecx             # the TSS's base, in the three places of its descriptor
    movw    %cx, table + TASK + 2
    shrl    $16, %ecx
    movb    %cl, table + TASK + 4
    movb    %ch, table + TASK + 7
    movw    $TASK, %cx
    ltr     %cx
    lidt    gates_pointer
    movl    %cr0, %ecx
    andl    $~0xc, %ecx             # EM, TS: the x87 is there
    orl     $0x22, %ecx             # MP, NE
    movl    %ecx, %cr0
    fninit
    fldcw   double_precision
    cld
    pushl   %ebx
    call    kernel_main
2:  cli
    hlt
    jmp     2b

# void paging_on(uint32_t *directory)
    .text
    .globl  paging_on
paging_on:
    movl    4(%esp), %eax
    movl    %eax, %cr3
    movl    %cr0, %eax
    orl     $0x80010000, %eax       # PG, WP
    movl    %eax, %cr0
    ret

# void gate_set(unsigned vector, void (*handler)(void), unsigned dpl)
    .globl  gate_set
gate_set:
    movl    4(%esp), %eax
    movl    8(%esp), %ecx
    movl    12(%esp), %edx
    movw    %cx, gates(, %eax, 8)
    movw    $KERNEL_CODE, gates + 2(, %eax, 8)
    shll    $13, %edx
    orl     $PRESENT_INTERRUPT_GATE, %edx
    movw    %dx, gates + 4(, %eax, 8)
    shrl    $16, %ecx
    movw    %cx, gates + 6(, %eax, 8)
    ret

# --- Handlers

    .globl  on_call, on_user_done, on_undefined, on_fault, on_demand, on_surprise
on_call:                            # int $0x80
    decl    %eax
    iret

on_user_done:                       # int $0x81: back to the kernel's caller, whose stack enter_user has noted
    movl    kernel_stack, %esp
    movw    $KERNEL_DATA, %cx
    movw    %cx, %ds
    movw    %cx, %es
    popl    %ebx
    popl    %ebp
    ret

on_undefined:                       # of two bytes
    addl    $2, (%esp)
    decl    %eax
    iret

on_fault:                           # a load of two bytes; the error code lies above
    addl    $4, %esp
    addl    $2, (%esp)
    decl    %eax
    iret

# A page of the demand region: its entry is written, and counted. demand_words: what to add to the page's number times 4096 for its entry; the
# address of the table that covers the region; the count.
on_demand:
    addl    $4, %esp
    pushl   %eax
    pushl   %ecx
    movl    %cr2, %eax
    movl    %eax, %ecx
    shrl    $12, %ecx
    andl    $0x3ff, %ecx
    andl    $0xfffff000, %eax
    addl    demand_words, %eax
    shll    $2, %ecx
    addl    demand_words + 4, %ecx
    movl    %eax, (%ecx)
    incl    demand_words + 8
    popl    %ecx
    popl    %eax
    iret

on_surprise:
    pushl   $surprise
    call    fail

# uint32_t enter_user(void (*pc)(void), uint32_t n): runs user code with %eax = n until it says it is done; returns its %eax.
    .globl  enter_user
enter_user:
    movl    4(%esp), %ecx
    movl    8(%esp), %eax
    pushl   %ebp
    pushl   %ebx
    movl    %esp, kernel_stack
    movl    $handler_stack, task + 4        # ESP0
    movw    $USER_DATA, %dx
    movw    %dx, %ds
    movw    %dx, %es
    pushl   $USER_DATA
    pushl   $user_end                       # user code needs no stack
    pushl   $2
    pushl   $USER_CODE
    pushl   %ecx
    iret

# void undefined_loop(uint32_t n); void fault_loop(uint32_t n, uint32_t va)
    .globl  undefined_loop, fault_loop
undefined_loop:
    movl    4(%esp), %eax
1:  ud2
    testl   %eax, %eax
    jnz     1b
    ret
fault_loop:
    movl    4(%esp), %eax
    movl    8(%esp), %ecx
1:  movl    (%ecx), %edx
    testl   %eax, %eax
    jnz     1b
    ret

    .section .user, "ax"
    .globl  user_calls
user_calls:
1:  int     $0x80
    testl   %eax, %eax
    jnz     1b
    int     $0x81

    .section .rodata
surprise:
    .asciz  "an exception that nobody expects"
double_precision:
    .word   0x027f                  # 53 bits, to nearest, all masked: what the host computes
table_pointer:
    .word   table_end - table - 1
    .long   table
gates_pointer:
    .word   256 * 8 - 1
    .long   gates

    .data
    .balign 8
table:
    .quad   0
    .quad   0x00cf9a000000ffff
    .quad   0x00cf92000000ffff
    .quad   0x00cffa000000ffff
    .quad   0x00cff2000000ffff
    .quad   0x0000890000000067      # the base is filled in
table_end:
    .balign 4
task:
    .long   0, 0, KERNEL_DATA
    .space  88
    .word   0, 104                  # no I/O bitmap
    .bss
    .balign 8
gates:
    .space  256 * 8
kernel_stack:
    .space  4
    .space  4096
    .balign 16
handler_stack:
