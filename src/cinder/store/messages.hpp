// What went wrong after a request had been answered, told to its project.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/database/rows.hpp"

namespace cinder::store {

struct MessageRow {
  static constexpr std::string_view kTable = "messages";
  std::string id;
  std::string project_id;
  std::string request_id;
  std::string resource_type;
  std::string resource_uuid;
  std::string event_id;  // "VOLUME_VOLUME_001_003": resource, action, detail
  std::string action_id;
  std::string detail_id;
  std::string message_level = "ERROR";
  base::TimePoint created_at{};
  base::TimePoint expires_at{};
};
BOOST_DESCRIBE_STRUCT(MessageRow, (),
                      (id, project_id, request_id, resource_type, resource_uuid, event_id,
                       action_id, detail_id, message_level, created_at, expires_at))

[[nodiscard]] std::optional<MessageRow> find_message(platform::Session& session,
                                                     const std::string& id);
void delete_message(platform::Session& session, const std::string& id);
void delete_expired_messages(platform::Session& session, base::TimePoint now);

}  // namespace cinder::store
