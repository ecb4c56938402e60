// What travels between the roles of a service.
#pragma once

#include <string>

#include "base/json.hpp"
#include "base/time.hpp"
#include "platform/bus/sender.hpp"

namespace platform {

// JSON on the wire. `type` and `version` name a struct in the service's messages.hpp.
struct Message {
  std::string id;    // unique: a handler that saw it may see it again (at least once)
  std::string type;  // "BuildServer"
  int version = 1;
  std::string request_id;
  base::Json context;  // openstack::Context, so that work is done in the name of its user
  base::Json body;
  Sender sender = {};  // as the bus vouches for it; not on the wire
};

[[nodiscard]] std::string to_wire(const Message& message);
// Throws base::Error(bad_request) if it is no message.
[[nodiscard]] Message from_wire(std::string_view text);

}  // namespace platform
