#include "platform/rbd/library.hpp"

#include <dlfcn.h>

#include <string>

#include "base/error.hpp"

namespace platform::rbd {
namespace {

[[noreturn]] void fail_to_load() {
  const char* const reason = ::dlerror();
  throw base::Error(base::ErrorKind::unavailable,
                    "Ceph's client libraries are missing on this host: install librbd1.",
                    reason ? reason : "");
}

void* open_library(const char* name) {
  void* const handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!handle) fail_to_load();
  return handle;
}

template <class Function>
void find_function(void* handle, const char* name, Function& function) {
  void* const found = ::dlsym(handle, name);
  if (!found) fail_to_load();
  function = reinterpret_cast<Function>(found);
}

Library load() {
  void* const rados = open_library("librados.so.2");
  void* const rbd = open_library("librbd.so.1");
  Library all;
#define NEPHELE_FIND_IN_RADOS(name) find_function(rados, #name, all.name);
#define NEPHELE_FIND_IN_RBD(name) find_function(rbd, #name, all.name);
  NEPHELE_RADOS_FUNCTIONS(NEPHELE_FIND_IN_RADOS)
  NEPHELE_RBD_FUNCTIONS(NEPHELE_FIND_IN_RBD)
#undef NEPHELE_FIND_IN_RADOS
#undef NEPHELE_FIND_IN_RBD
  return all;
}

}  // namespace

const Library& library() {
  static const Library loaded = load();  // tried again the next time if it throws
  return loaded;
}

}  // namespace platform::rbd
