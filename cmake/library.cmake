# One static library per folder of src/, its unit tests beside the sources (*_test.cpp), and one
# precompiled header for all.

set(NEPHELE_EMPTY ${CMAKE_BINARY_DIR}/empty.cpp)
file(CONFIGURE OUTPUT ${NEPHELE_EMPTY} CONTENT "")
add_library(nephele_pch STATIC ${NEPHELE_EMPTY})
target_link_libraries(nephele_pch PUBLIC nephele_flags Boost::json fmt::fmt)
target_precompile_headers(nephele_pch PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled.hpp)

# nephele_library(NAME [FOLDER folder] DEPENDS ... PRIVATE_DEPENDS ...)
# Sources are found by name, so that adding a file needs no line here. SQL migrations in
# NAME/store/migrations/*.sql are embedded as NAME::store::migrations().
function(nephele_library name)
  cmake_parse_arguments(ARG "" "FOLDER" "DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  if(NOT ARG_FOLDER)
    set(ARG_FOLDER ${name})
  endif()
  set(folder ${PROJECT_SOURCE_DIR}/src/${ARG_FOLDER})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$|/main\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  nephele_embed_migrations(${name} ${folder} sources)

  add_library(${name} STATIC ${sources} ${NEPHELE_EMPTY})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} PRIVATE nephele_flags ${ARG_PRIVATE_DEPENDS})
  target_precompile_headers(${name} REUSE_FROM nephele_pch)
  foreach(source IN LISTS sources)
    if(source MATCHES "/http/(server|websocket)[^/]*\\.cpp$")
      set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON
                                  SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
  if(tests)
    nephele_gtest(${name}_test "${tests}" "${name};${ARG_PRIVATE_DEPENDS}")
  endif()
endfunction()

function(nephele_gtest name sources depends)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${depends} nephele_flags GTest::gtest GTest::gtest_main)
  target_precompile_headers(${name} REUSE_FROM nephele_pch)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endfunction()

# nephele_test(NAME FOLDER folder DEPENDS ...): a GoogleTest program of every source in a folder.
function(nephele_test name)
  cmake_parse_arguments(ARG "" "FOLDER" "DEPENDS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${ARG_FOLDER}/*.cpp)
  if(sources)
    nephele_gtest(${name} "${sources}" "${ARG_DEPENDS}")
  endif()
endfunction()

# nephele_program(NAME FOLDER folder DEPENDS ...): a program of every source in a folder.
function(nephele_program name)
  cmake_parse_arguments(ARG "" "FOLDER" "DEPENDS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${ARG_FOLDER}/*.cpp)
  if(sources)
    add_executable(${name} ${sources})
    target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} nephele_flags)
    target_precompile_headers(${name} REUSE_FROM nephele_pch)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  endif()
endfunction()

function(nephele_embed_migrations name folder sources_variable)
  file(GLOB migrations CONFIGURE_DEPENDS ${folder}/store/migrations/*.sql)
  if(NOT migrations)
    return()
  endif()
  set(output ${CMAKE_BINARY_DIR}/generated/${name}_migrations.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DOUTPUT=${output} "-DFILES=${migrations}"
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_migrations.cmake
    DEPENDS ${migrations} ${PROJECT_SOURCE_DIR}/cmake/embed_migrations.cmake
    VERBATIM)
  set(${sources_variable} ${${sources_variable}} ${output} PARENT_SCOPE)
endfunction()
