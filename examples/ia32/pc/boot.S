# boot.S - the boot sector of a disk: firmware loads it to 0:7c00 and jumps to it in real mode. It opens address line 20, goes to protected
# mode, reads the kernel that follows it on the disk by programmed I/O, and jumps to the kernel as a multiboot loader would.

    .text
    .code16
    .globl boot_sector
boot_sector:
    cli
    cld
    xorw    %ax, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movw    $0x7c00, %sp

# Line 20 by the keyboard controller: command d1 writes its output port, of which bit 1 is the gate.
    call    wait_for_controller
    movb    $0xd1, %al
    outb    %al, $0x64
    call    wait_for_controller
    movb    $0xdf, %al
    outb    %al, $0x60

    lgdtl   table_pointer
    movl    %cr0, %eax
    orb     $1, %al
    movl    %eax, %cr0
    ljmpl   $8, $protected

wait_for_controller:
    inb     $0x64, %al
    testb   $2, %al
    jnz     wait_for_controller
    ret

    .code32
protected:
    movw    $16, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movw    %ax, %fs
    movw    %ax, %gs
    movl    $0x7c00, %esp

# The kernel is in the sectors from 1 on, and goes to 1 MiB.
    movl    $0x100000, %edi
    movl    $1, %ebx
1:  call    read_sector
    incl    %ebx
    cmpl    $kernel_sectors, %ebx
    jbe     1b

    movl    $0x0b007d15, %eax       # not what a multiboot loader says: the kernel tells by it where it comes from
    movl    $0x10000c, %ecx         # the entry, behind its multiboot header
    jmpl    *%ecx

# Sector %ebx of drive 0 to %edi, which moves on.
read_sector:
    call    wait_for_disk
    movw    $0x1f2, %dx
    movb    $1, %al
    outb    %al, %dx                # one sector
    incw    %dx
    movl    %ebx, %eax
    outb    %al, %dx                # its number, in three bytes and four bits
    incw    %dx
    shrl    $8, %eax
    outb    %al, %dx
    incw    %dx
    shrl    $8, %eax
    outb    %al, %dx
    incw    %dx
    shrl    $8, %eax
    orb     $0xe0, %al
    outb    %al, %dx
    incw    %dx
    movb    $0x20, %al
    outb    %al, %dx                # read
    call    wait_for_disk
    movw    $0x1f0, %dx
    movl    $128, %ecx
    rep insl
    ret

wait_for_disk:                      # not busy, and ready
    movw    $0x1f7, %dx
1:  inb     %dx, %al
    andb    $0xc0, %al
    cmpb    $0x40, %al
    jne     1b
    ret

    .balign 8
table:                              # flat code and data, as the kernel's entry wants them: 8 and 16
    .quad   0
    .quad   0x00cf9a000000ffff
    .quad   0x00cf92000000ffff
table_pointer:
    .word   table_pointer - table - 1
    .long   table

    .org    510
    .word   0xaa55

kernel:
    .incbin "pc.bin"
    .balign 512
    .equ    kernel_sectors, (. - kernel) / 512
