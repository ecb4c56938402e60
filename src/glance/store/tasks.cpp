#include "glance/store/tasks.hpp"

#include <fmt/core.h>

#include "glance/store/queries.hpp"
#include "platform/database/rows.hpp"

namespace glance::store {

using platform::Session;

TaskRow to_row(const Task& task) {
  TaskRow row;
  row.id = task.id;
  row.type = task.type;
  row.status = task.status;
  row.owner = task.owner;
  row.user_id = task.user_id;
  row.request_id = task.request_id;
  row.image_id = task.image_id;
  row.input = base::to_text(base::to_json(task.input));
  row.created_at = task.created_at;
  row.updated_at = task.updated_at;
  return row;
}

Task to_task(TaskRow row) {
  return {std::move(row.id),       std::move(row.type),
          std::move(row.status),   std::move(row.owner),
          std::move(row.user_id),  std::move(row.request_id),
          std::move(row.image_id), base::from_json<ImportInput>(base::parse_json(row.input)),
          std::move(row.message),  row.created_at,
          row.updated_at,          row.expires_at};
}

std::optional<TaskRow> find_task(Session& session, const std::string& id) {
  return platform::find<TaskRow>(session, "WHERE id=?", {id});
}

std::optional<TaskRow> find_task_in_progress(Session& session, const std::string& image_id) {
  return platform::find<TaskRow>(session, "WHERE image_id=? AND status IN ('pending','processing')",
                                 {image_id});
}

std::vector<TaskRow> list_overdue_tasks(Session& session, base::TimePoint now) {
  return platform::select<TaskRow>(
      session, "WHERE status IN ('pending','processing') AND deadline<?", {now});
}

std::vector<Task> list_tasks(Session& session, const ListTasks& request) {
  openstack::Page page;
  page.limit = request.limit;
  page.sort = {{"created_at", openstack::SortDirection::descending},
               {"id", openstack::SortDirection::descending}};
  openstack::SqlFragment sql{"WHERE 1=1", {}};
  if (!request.image_id.empty()) append(sql, {" AND image_id=?", {request.image_id}});
  if (!request.status.empty()) append(sql, {" AND status=?", {request.status}});
  if (!request.marker.empty()) {
    const auto last = find_task(session, request.marker);
    if (!last)
      throw base::Error(base::ErrorKind::bad_request,
                        fmt::format("Task marker {} could not be found.", request.marker));
    append(sql, openstack::after_marker(page.sort, {last->created_at, last->id}));
  }
  append(sql, openstack::order_and_limit(page));
  std::vector<Task> tasks;
  for (TaskRow& row : platform::select<TaskRow>(session, sql.text, sql.values))
    tasks.push_back(to_task(std::move(row)));
  return tasks;
}

bool has_expired_tasks(Session& session, base::TimePoint now) {
  return platform::number(session, "SELECT COUNT(*) FROM tasks WHERE expires_at<?", {now}) > 0;
}

void delete_expired_tasks(Session& session, base::TimePoint now) {
  session.execute("DELETE FROM tasks WHERE expires_at<?", {now});
}

}  // namespace glance::store
