# The build of the IA-32 CPU: adds to `sources`.
set(ia32 ${CMAKE_SOURCE_DIR}/isa/ia32)
list(FILTER sources EXCLUDE REGEX "/mkdecode\\.c$")
