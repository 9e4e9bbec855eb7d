# start.S - entry of the kernel, by a multiboot loader or from its boot sector: physical addresses, flat segments 8 and 16. Large pages put
# the kernel where it is linked; the table from which the segments were loaded may be gone at any time, and they are not.

    .equ    KERNEL, 0x80000000      # what is at 0 is there, too

    .section .start, "ax"
    .balign 4
multiboot_header:
    .long   0x1badb002
    .long   0
    .long   -0x1badb002

    .globl  start                   # a physical address
    .equ    start, entry - KERNEL
entry:
    movl    %eax, %esi              # who has loaded us
    movl    $bss_start - KERNEL, %edi # from a disk they are not zeros
    movl    $bss_end - KERNEL, %ecx
    subl    %edi, %ecx
    xorl    %eax, %eax
    cld
    rep stosb
    movl    $stack_top - KERNEL, %esp
    movl    %ebx, %ebp              # what he says

# A CPU that can change EFLAGS.ID has CPUID, which says whether it has large pages.
    pushfl
    popl    %eax
    movl    %eax, %ecx
    xorl    $0x200000, %eax
    pushl   %eax
    popfl
    pushfl
    popl    %eax
    xorl    %ecx, %eax
    testl   $0x200000, %eax
    jz      small
    movl    $1, %eax
    cpuid
    testl   $8, %edx                # PSE
    jz      small
    movl    %cr4, %eax
    orl     $0x10, %eax
    movl    %eax, %cr4
    jmp     map

# The same 4 MiB in small pages: what a 386 has.
small:
    movl    $low_table - KERNEL, %edi
    movl    $0x00000003, %eax
    call    fill
    movl    $apic_table - KERNEL, %edi
    movl    $0xfec00013, %eax
    call    fill
    movl    $low_table - KERNEL + 3, %eax
    movl    %eax, page_directory - KERNEL
    movl    %eax, page_directory - KERNEL + 4 * 512
    movl    $apic_table - KERNEL + 3, page_directory - KERNEL + 4 * 0x3fb

map:
    movl    $page_directory - KERNEL, %eax
    movl    %eax, %cr3
    movl    %cr0, %eax
    orl     $0x80010000, %eax       # PG, WP
    movl    %eax, %cr0
    movl    $high, %eax
    jmpl    *%eax

fill:                               # a table: 1024 pages from that in EAX on
    movl    $1024, %ecx
1:  stosl
    addl    $4096, %eax
    loop    1b
    ret

high:
    movl    $stack_top, %esp
    pushl   %ebp                    # what he says
    pushl   %esi
    call    kernel_main
1:  cli
    hlt
    jmp     1b

# Vectors 32 to 63 and all exceptions come to one place, with the vector and an error code on the stack.
    .text
    .macro  gate n
    .if     \n == 8 || (\n >= 10 && \n <= 14) || \n == 17
    .else
    pushl   $0
    .endif
    pushl   $\n
    jmp     trap_entry
    .balign 16
    .endm

    .balign 16
    .globl  gates
gates:
    .altmacro
    .set    n, 0
    .rept   64
    gate    %n
    .set    n, n + 1
    .endr
    .noaltmacro

trap_entry:
    pushal
    pushl   %esp
    call    trap
    addl    $4, %esp
    popal
    addl    $8, %esp
    iret

# The page directory: 4 MiB at 0 and at KERNEL, and the APICs where they are.
    .data
    .balign 4096
page_directory:
    .long   0x00000083
    .fill   511, 4, 0
    .long   0x00000083
    .fill   506, 4, 0
    .long   0xfec00093              # both APICs; not cached
    .fill   4, 4, 0
    .if     . - page_directory != 4096
    .error  "the page directory has 1024 entries"
    .endif

    .bss
    .balign 4096
low_table:
    .skip   4096
apic_table:
    .skip   4096
