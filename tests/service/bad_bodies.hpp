// Request bodies as nobody should send them, made from one that is right.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

namespace api_edge {

struct BadBody {
  std::string what;  // for the message when it is taken
  std::string text;
  bool must_fail = true;  // else it may be fine; it must only do no harm
};

// What is no JSON, or no object, or not text: whatever the route.
[[nodiscard]] std::vector<BadBody> malformed_bodies(const std::string& good);
// `good` with each of its values replaced by others: of a wrong type (must fail), too long, empty,
// huge, negative (may be fine).
[[nodiscard]] std::vector<BadBody> changed_bodies(const base::Json& good);
// `good` with each value of each other JSON type, each member left out, each object with a member
// more: what a schema is there for. Whether it must fail, the schema itself says.
[[nodiscard]] std::vector<BadBody> reshaped_bodies(const base::Json& good);

}  // namespace api_edge
