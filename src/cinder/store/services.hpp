// The services that report. A cinder-volume reports once per back end, as "host@backend".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/rows.hpp"

namespace cinder::store {

inline constexpr std::string_view kVolumeBinary = "cinder-volume";

struct ServiceRow {
  static constexpr std::string_view kTable = "services";
  std::string id;
  std::string host;
  std::string binary_name;  // "cinder-volume"
  std::string availability_zone;
  bool disabled = false;
  std::optional<std::string> disabled_reason;
  bool frozen = false;  // a back end to which nothing new is to come
  base::TimePoint last_seen_at{};
  base::TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(ServiceRow, (),
                      (id, host, binary_name, availability_zone, disabled, disabled_reason, frozen,
                       last_seen_at, created_at))

// A sign of life; makes the service known the first time.
struct Heartbeat {
  std::string new_id;  // used if the service is new
  std::string host;
  std::string binary_name;
  std::string availability_zone;
};
void beat(platform::Session& session, const Heartbeat& heartbeat, base::TimePoint now);

[[nodiscard]] std::vector<ServiceRow> list_services(platform::Session& session);
[[nodiscard]] std::optional<ServiceRow> find_service(platform::Session& session,
                                                     const std::string& host,
                                                     std::string_view binary_name);

}  // namespace cinder::store
