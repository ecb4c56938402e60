#include "openstack/programming_error.hpp"

#include <cstdlib>

#include "platform/log.hpp"

namespace openstack {

void refuse_table(std::string_view what) {
  platform::log_error("a table of the program is malformed what={}", what);
  platform::flush_log();
  std::abort();
}

}  // namespace openstack
