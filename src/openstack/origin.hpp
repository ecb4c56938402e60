// In whose name, and under which request, something is done on the other side of the bus.
#pragma once

#include <string>

#include "openstack/context.hpp"
#include "platform/bus/dispatcher.hpp"
#include "platform/runtime.hpp"

namespace openstack {

// Kept small: it goes on the bus.
struct Origin {
  std::string request_id;
  base::Json context;
};
[[nodiscard]] inline Origin origin_of(const Context& context) {
  return {context.request_id, to_json(context)};
}
[[nodiscard]] inline Origin origin_of(const platform::Message& message) {
  return {message.request_id, message.context};
}

// A message with a fresh id. Made before a transaction, so that a repeated transaction writes the
// same.
template <class T>
[[nodiscard]] platform::Message make_message(const platform::Runtime& runtime, const Origin& origin,
                                             const T& body) {
  return platform::make_message(runtime.random.uuid(), origin.request_id, origin.context, body);
}

}  // namespace openstack
