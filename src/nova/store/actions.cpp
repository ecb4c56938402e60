#include "nova/store/actions.hpp"

#include "base/error.hpp"

namespace nova::store {
namespace {

// Events have no identity on the wire: one per operation, name and host.
std::string event_key(const std::string& operation_id, const std::string& event,
                      const std::string& host) {
  return operation_id + "/" + event + (host.empty() ? "" : "@" + host);
}

using platform::Session;

EventRow new_event(const std::string& operation_id, const std::string& event,
                   const std::string& host, base::TimePoint now) {
  return {event_key(operation_id, event, host),
          operation_id,
          event,
          host,
          now,
          std::nullopt,
          std::nullopt,
          std::nullopt};
}

}  // namespace

void start_action(Session& session, const NewAction& action, const openstack::Context& context,
                  base::TimePoint now) {
  platform::insert(
      session, ActionRow{action.operation_id, action.instance_id, action.action, context.request_id,
                         context.user_id(), context.project_id(), std::nullopt, now, now});
  platform::insert(session, new_event(action.operation_id, action.event, "", now));
}

void start_event(Session& session, const std::string& operation_id, const std::string& event,
                 const std::string& host, base::TimePoint now) {
  platform::replace(session, new_event(operation_id, event, host, now));
}

void finish_action(Session& session, const std::string& operation_id, const std::string& result,
                   const std::string& details, base::TimePoint now) {
  const bool failed = result == "Error";
  session.execute(
      "UPDATE instance_events SET finished_at=?, result=?, details=? "
      "WHERE operation_id=? AND finished_at IS NULL",
      {now, result, failed ? platform::SqlValue(details) : platform::SqlValue(nullptr),
       operation_id});
  session.execute(
      "UPDATE instance_actions SET updated_at=?, message=? WHERE operation_id=?",
      {now, failed ? platform::SqlValue("Error") : platform::SqlValue(nullptr), operation_id});
}

std::vector<std::string> list_operations_without_end(Session& session, std::string_view event,
                                                     base::TimePoint before) {
  constexpr int64_t kBatch = 100;
  std::vector<std::string> operations;
  session.query(
      "SELECT operation_id FROM instance_events WHERE event=? AND finished_at IS NULL AND "
      "started_at<? ORDER BY started_at LIMIT ?",
      {std::string(event), before, kBatch},
      [&](const platform::SqlRow& row) { operations.emplace_back(row.text(0)); });
  return operations;
}

std::vector<ActionRow> list_actions(Session& session, const std::string& instance_id) {
  return platform::select<ActionRow>(
      session, "WHERE instance_id=? ORDER BY started_at DESC, operation_id DESC", {instance_id});
}

std::vector<EventRow> list_events(Session& session, const std::string& operation_id) {
  return platform::select<EventRow>(
      session, "WHERE operation_id=? ORDER BY started_at DESC, id DESC", {operation_id});
}

bool is_action_of(Session& session, const std::string& operation_id, const std::string& instance_id,
                  const std::string& action) {
  return platform::number(session,
                          "SELECT COUNT(*) FROM instance_actions WHERE operation_id=? AND "
                          "instance_id=? AND action=?",
                          {operation_id, instance_id, action}) > 0;
}

}  // namespace nova::store
