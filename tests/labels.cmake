# labels.cmake - what a test is called by, besides its name: `ctest -L LABEL` runs those with it, `-LE LABEL` all others. A test has
# its room's label (mmu isa devices core monitor guest fuzz faults bench house proof lint mutants builds fresh) and those of these whose
# lists it is in; a new test that is in none is quick.
#   quick   seconds; all of them a couple of minutes
#   long    minutes; instrumented builds leave them out
#   hour    of those, what may take an hour; only `ctest -L hour` and `ctest` without labels run them
#   equiv   compares the bare machine with virtual ones

# Neither quick nor long:
set(tests_between isa_decode_all isa_fused isa_ia32_bochs isa_ia32_lengths core_busy core_classes_riscv core_classify core_lockstep core_lockstep_fence core_lockstep_harts core_lockstep_hidden core_published core_random core_random_difference core_random_guests core_resource_control
  core_sweep core_theory_guest_ia32 core_theory_ia32 core_theory_v86_ia32 core_theory_pg core_theory_pg_mutations core_v_memory core_v_riscv monitor_classify monitor_demo_each monitor_gdb
  monitor_monitor monitor_monitor_levels monitor_monitor_ways monitor_prove_pg monitor_report monitor_reverse monitor_savevm
  monitor_trace monitor_verify monitor_view proof_quick proof_refuted proof_refuted_equal proof_refuted_fused proof_refuted_vstep guest_ways_hello guest_verify_hello guest_hypervisor guest_switch guest_witness guest_witness_qemu
  bench bench_ia32 bench_unfitted bench_unfitted_ia32 footprint)
set(tests_hour faults_1 proof_all)
set(tests_long ${tests_hour} core_class_mutations core_class_mutations_ia32 core_class_reasons monitor_demo_linux monitor_sweep guest_uboot guest_uboot_bare
  guest_linux guest_linux_bare guest_linux_ia32 guest_compare_linux_ia32 guest_linux_opensbi guest_linux_installer guest_installer_ia32 guest_memtest_ia32 guest_linux_equal guest_ways_linux guest_verify_linux
  guest_verify_opensbi guest_verify_disk guest_crossed_linux guest_crossed_opensbi guest_disk guest_disk_bare guest_linux_hybrid guest_outcomes guest_outcomes_qemu guest_neighbours_linux lint_tidy mutants builds_asan
  builds_clang builds_fuzz fresh_12 fresh_13)
set(tests_equiv core_busy core_checkpoint core_checkpoint_bound core_harts core_harts_system core_hom_ia32 core_htif core_hybrid core_lockstep core_lockstep_ia32 core_promises_ia32 core_ferr_ia32 core_translator_ia32 core_translator_calls_ia32 core_lockstep_fence core_lockstep_hidden core_lockstep_harts core_neighbours
  core_observe core_pg_vmm core_random core_random_guests core_resource_control core_sbi core_shadow_vm core_system core_trigger_pg core_trigger_vm core_v_memory
  core_v_riscv core_vectors_vm core_vmm core_vmm_pg core_vmm_several fuzz_guests fuzz_shadow monitor_monitor_levels monitor_verify guest_hello
  guest_verify_hello guest_ways_hello guest_hypervisor guest_serial guest_switch guest_witness guest_outcomes guest_linux_equal guest_ways_linux
  guest_verify_linux guest_verify_opensbi guest_verify_disk guest_crossed_hello guest_crossed_linux guest_crossed_opensbi)

# A limit is for a test that hangs. A busy machine is slow, and slow is not wrong: hence hours, which no test comes near.
set(test_limit 7200)

# label_test(NAME ROOM): its labels, its limit, and the exit status by which it says that it cannot run here.
function(label_test name room)
  set(labels ${room})
  foreach(label long hour equiv)
    if(name IN_LIST tests_${label})
      list(APPEND labels ${label})
    endif()
  endforeach()
  if(NOT "long" IN_LIST labels AND NOT name IN_LIST tests_between)
    list(APPEND labels quick)
  endif()
  list(REMOVE_DUPLICATES labels)
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${test_limit} SKIP_RETURN_CODE 77)
  set_property(GLOBAL APPEND PROPERTY tests_labelled ${name})
endfunction()

# label_rest(): a test that was only given labels gets what the lists say of it, too. A name in the lists that no test has is a
# mistake. (Other builds than release do without some kinds.)
function(label_rest)
  get_property(labelled GLOBAL PROPERTY tests_labelled)
  get_property(all DIRECTORY PROPERTY TESTS)
  foreach(name ${all})
    if(NOT name IN_LIST labelled)
      get_property(labels TEST ${name} PROPERTY LABELS)
      label_test(${name} "${labels}")
    endif()
  endforeach()
  foreach(name ${tests_between} ${tests_long} ${tests_equiv})
    if(NOT name IN_LIST all AND NOT name IN_LIST labelled AND NOT name MATCHES "^(guest|footprint|proof|lint|mutants|builds|fresh)")
      message(FATAL_ERROR "tests/labels.cmake names the test ${name}, which there is not")
    endif()
  endforeach()
endfunction()

# Of the assignments:
list(APPEND tests_between monitor_lab)
list(APPEND tests_long monitor_lab_mistakes)
