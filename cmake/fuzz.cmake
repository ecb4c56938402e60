# Fuzz targets (libFuzzer): tests/fuzz/NAME/fuzz.cpp with its seeds in tests/fuzz/NAME/corpus becomes the
# program fuzz_NAME. Only what they feed is compiled with them: parsers of what comes from outside.

set(NEPHELE_FUZZ_SUBJECTS
  base/*.cpp
  cinder/scheduler/expression.cpp cinder/scheduler/expression_parser.cpp
  glance/formats/*.cpp
  openstack/context.cpp openstack/error_body.cpp openstack/fernet_keys.cpp openstack/microversion.cpp
  openstack/paging.cpp openstack/pattern.cpp openstack/policy.cpp openstack/programming_error.cpp
  openstack/python_repr.cpp openstack/request_body.cpp openstack/revocations.cpp openstack/router.cpp
  openstack/schema.cpp openstack/schema_formats.cpp openstack/token.cpp
  platform/clock.cpp platform/crypto.cpp platform/current_request.cpp platform/executor.cpp
  platform/http/message.cpp platform/ini.cpp platform/log.cpp platform/periodic.cpp platform/random.cpp
  platform/trace.cpp platform/waiting.cpp platform/worker_pool.cpp)
list(TRANSFORM NEPHELE_FUZZ_SUBJECTS PREPEND ${PROJECT_SOURCE_DIR}/src/)
file(GLOB subjects CONFIGURE_DEPENDS ${NEPHELE_FUZZ_SUBJECTS})
list(FILTER subjects EXCLUDE REGEX "_test\\.cpp$")

add_library(fuzz_subjects STATIC EXCLUDE_FROM_ALL ${subjects})
target_compile_options(fuzz_subjects PUBLIC -fsanitize=fuzzer-no-link)
target_link_libraries(fuzz_subjects PUBLIC nephele_flags Boost::json Boost::headers fmt::fmt spdlog::spdlog
                      PkgConfig::crypto crypt Threads::Threads)

add_custom_target(fuzz)
file(GLOB targets CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*/fuzz.cpp)
foreach(source IN LISTS targets)
  cmake_path(GET source PARENT_PATH folder)
  cmake_path(GET folder FILENAME name)
  add_executable(fuzz_${name} EXCLUDE_FROM_ALL ${source})
  target_link_libraries(fuzz_${name} PRIVATE fuzz_subjects)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzz fuzz_${name})
endforeach()
