# Warnings, hardening, sanitizers and the linker: the same for every target, through `nephele_flags`.

add_library(nephele_flags INTERFACE)
target_include_directories(nephele_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(nephele_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wimplicit-fallthrough -Werror
  -fstack-protector-strong -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees overflows in its own inlined std::string and std::optional (PR105651, PR105329).
  target_compile_options(nephele_flags INTERFACE -Wno-array-bounds -Wno-restrict
                         -Wno-stringop-overflow -Wno-stringop-overread -Wno-maybe-uninitialized)
endif()
target_compile_definitions(nephele_flags INTERFACE _GLIBCXX_ASSERTIONS)
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  # -g1 keeps stack traces and halves the size of a debug build.
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
else()
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Its -O2 vectorizes no loop whose length is not known, e.g. that over all hosts.
    string(APPEND CMAKE_CXX_FLAGS_RELWITHDEBINFO " -fvect-cost-model=dynamic")
  endif()
  target_compile_definitions(nephele_flags INTERFACE _FORTIFY_SOURCE=2)
endif()

set(NEPHELE_SANITIZE "" CACHE STRING "sanitizers for every target, e.g. address,undefined or thread")
if(NEPHELE_SANITIZE)
  target_compile_options(nephele_flags INTERFACE -fsanitize=${NEPHELE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(nephele_flags INTERFACE -fsanitize=${NEPHELE_SANITIZE})
  # What is built for tests only also dies where they want it to (platform/failure_points.hpp).
  target_compile_definitions(nephele_flags INTERFACE NEPHELE_FAILURE_POINTS)
  if(NEPHELE_SANITIZE MATCHES "address")
    target_compile_definitions(nephele_flags INTERFACE NEPHELE_ADDRESS_SANITIZER)
  endif()
endif()

find_program(MOLD mold)
if(MOLD)
  target_link_options(nephele_flags INTERFACE -fuse-ld=mold)
endif()

# Two cores: links one at a time, and the translation units with Boost.Beast (700 MB each) too.
set_property(GLOBAL PROPERTY JOB_POOLS link=1 heavy=1)
set(CMAKE_JOB_POOL_LINK link)

# Sources of one folder in one translation unit: a build from nothing takes a third of the time with g++. What it asks for
# is that names in anonymous namespaces are unique in a folder. The preset dev compiles each on its own.
if(CMAKE_UNITY_BUILD)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
  # That a private class holds a member of an unnamed namespace is a fault in a header only.
  target_compile_options(nephele_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
