// What was done to a server: one action per operation, and its events.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "openstack/context.hpp"
#include "platform/database/rows.hpp"

namespace nova::store {

struct ActionRow {
  static constexpr std::string_view kTable = "instance_actions";
  std::string operation_id;
  std::string instance_id;
  std::string action;  // "create", "delete", "start", ... as the API names them
  std::string request_id;
  std::string user_id;
  std::string project_id;
  std::optional<std::string> message;  // "Error" if it failed
  base::TimePoint started_at{};
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(ActionRow, (),
                      (operation_id, instance_id, action, request_id, user_id, project_id, message,
                       started_at, updated_at))

struct EventRow {
  static constexpr std::string_view kTable = "instance_events";
  std::string id;
  std::string operation_id;
  std::string event;  // "compute__do_build_and_run_instance", ...
  std::string host;
  base::TimePoint started_at{};
  std::optional<base::TimePoint> finished_at;
  std::optional<std::string> result;   // "Success", "Error"
  std::optional<std::string> details;  // what went wrong, for the user
};
BOOST_DESCRIBE_STRUCT(EventRow, (),
                      (id, operation_id, event, host, started_at, finished_at, result, details))

// Of a volume that a server has and that has grown: its guest is told.
inline constexpr std::string_view kExtendVolumeEvent = "compute_extend_volume";
// Operations whose event of that name began before and has not ended.
[[nodiscard]] std::vector<std::string> list_operations_without_end(platform::Session& session,
                                                                   std::string_view event,
                                                                   base::TimePoint before);

// Opens an action with its first event.
struct NewAction {
  std::string operation_id;
  std::string instance_id;
  std::string action;
  std::string event;
};
void start_action(platform::Session& session, const NewAction& action,
                  const openstack::Context& context, base::TimePoint now);
// Opens another event of the operation, e.g. the build on a host after the scheduling. Idempotent.
void start_event(platform::Session& session, const std::string& operation_id,
                 const std::string& event, const std::string& host, base::TimePoint now);
// Closes the operation's open events.
void finish_action(platform::Session& session, const std::string& operation_id,
                   const std::string& result, const std::string& details, base::TimePoint now);

// Whether that operation is an action of that name on that server.
[[nodiscard]] bool is_action_of(platform::Session& session, const std::string& operation_id,
                                const std::string& instance_id, const std::string& action);

// Newest first.
[[nodiscard]] std::vector<ActionRow> list_actions(platform::Session& session,
                                                  const std::string& instance_id);
[[nodiscard]] std::vector<EventRow> list_events(platform::Session& session,
                                                const std::string& operation_id);

}  // namespace nova::store
