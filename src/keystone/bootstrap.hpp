// The first contents of an identity database: what `keystone-manage bootstrap` makes, and the
// users and endpoints of the other services.
#pragma once

#include <map>
#include <string>

#include "platform/database/database.hpp"
#include "platform/runtime.hpp"

namespace keystone {

struct Bootstrap {
  std::string admin_password;
  std::string service_password;  // of the users nova, neutron, glance, cinder
  std::string region = "RegionOne";
  // By service type ("identity", "compute", "image", "network", "volumev3"); the same URL serves
  // as public, internal and admin endpoint.
  std::map<std::string, std::string> public_urls;
  int password_cost = 12;  // bcrypt
};

// Idempotent: makes what is missing, brings the URLs and the two passwords up to date, and leaves
// everything else as operators have changed it. Hashes on the calling thread.
void bootstrap(platform::Database& database, platform::Runtime runtime, const Bootstrap& wanted);

}  // namespace keystone
