// Rows and queries of tasks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "glance/task_messages.hpp"
#include "platform/database/database.hpp"

namespace glance::store {

// A row of `tasks`; operation and deadline say who works on it and until when that counts.
struct TaskRow {
  static constexpr std::string_view kTable = "tasks";
  std::string id;
  std::string type;
  std::string status;
  std::string owner;
  std::string user_id;
  std::string request_id;
  std::string image_id;
  std::string input;  // JSON
  std::string message;
  std::optional<std::string> operation;
  std::optional<base::TimePoint> deadline;
  int64_t attempts = 0;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
  std::optional<base::TimePoint> expires_at;
  // The image's before it was prepared; absent until then.
  std::optional<std::string> original_disk_format;
  std::optional<std::string> original_container_format;
};
BOOST_DESCRIBE_STRUCT(TaskRow, (),
                      (id, type, status, owner, user_id, request_id, image_id, input, message,
                       operation, deadline, attempts, created_at, updated_at, expires_at,
                       original_disk_format, original_container_format))

[[nodiscard]] TaskRow to_row(const Task& task);
[[nodiscard]] Task to_task(TaskRow row);

[[nodiscard]] std::optional<TaskRow> find_task(platform::Session& session, const std::string& id);
// One of the image that has not ended.
[[nodiscard]] std::optional<TaskRow> find_task_in_progress(platform::Session& session,
                                                           const std::string& image_id);
// Whose deadline has passed.
[[nodiscard]] std::vector<TaskRow> list_overdue_tasks(platform::Session& session,
                                                      base::TimePoint now);
// Newest first. Throws Error(bad_request) for a marker that is no task.
[[nodiscard]] std::vector<Task> list_tasks(platform::Session& session, const ListTasks& request);
[[nodiscard]] bool has_expired_tasks(platform::Session& session, base::TimePoint now);
void delete_expired_tasks(platform::Session& session, base::TimePoint now);

}  // namespace glance::store
