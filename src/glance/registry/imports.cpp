// The transitional state of an import: a task that is pending or processing. The image is importing
// meanwhile (but for copy-image, during which it stays active), and three of its properties say how
// far it is: os_glance_import_task, os_glance_importing_to_stores, os_glance_failed_import.
#include "glance/registry/imports.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "glance/registry/registry.hpp"
#include "glance/registry/storage_quota.hpp"
#include "glance/store/images.hpp"
#include "glance/store/tasks.hpp"
#include "platform/database/outbox.hpp"
#include "platform/database/rows.hpp"
#include "platform/log.hpp"

namespace glance::registry {
namespace {

using base::Error;
using base::ErrorKind;
using platform::Session;
using store::ImageRow;
using store::TaskRow;

constexpr std::string_view kTaskProperty = "os_glance_import_task";
constexpr std::string_view kToDoProperty = "os_glance_importing_to_stores";
constexpr std::string_view kFailedProperty = "os_glance_failed_import";

[[noreturn]] void refuse_now(std::string message) {
  throw Error(ErrorKind::conflict, std::move(message));
}

// ---- the properties that tell of it

void set_property(Session& session, const std::string& image_id, std::string_view name,
                  const std::string& value) {
  session.execute("DELETE FROM image_properties WHERE image_id=? AND name=?",
                  {image_id, std::string(name)});
  session.execute("INSERT INTO image_properties (image_id, name, value) VALUES (?,?,?)",
                  {image_id, std::string(name), value});
}

void set_property(Session& session, const std::string& image_id, std::string_view name,
                  const std::vector<std::string>& stores) {
  set_property(session, image_id, name, base::join(stores, ","));
}

std::vector<std::string> get_property(Session& session, const std::string& image_id,
                                      std::string_view name) {
  std::vector<std::string> stores;
  session.query("SELECT value FROM image_properties WHERE image_id=? AND name=?",
                {image_id, std::string(name)}, [&](const platform::SqlRow& row) {
                  if (row.text(0).empty()) return;
                  for (const std::string_view one : base::split(row.text(0), ','))
                    stores.emplace_back(one);
                });
  return stores;
}

// ---- start

// glance/api/v2/images.py, import_image.
void check_importable(const ImageRow& image, const std::string& method) {
  if (image.status == "active" && method != kCopyImage)
    refuse_now("Image with status active cannot be target for import");
  if (image.status != "active" && method == kCopyImage)
    refuse_now("Only images with status active can be targeted for copying");
  if (method == kGlanceDirect && !image.staged_location)
    refuse_now("Image needs to be staged before 'glance-direct' method can be used");
  if ((method == kWebDownload || method == kGlanceDownload) && image.status != "queued")
    refuse_now(fmt::format("Image needs to be in 'queued' state to use '{}' method", method));
  if (!image.container_format) refuse_now("'container_format' needs to be set before import");
  if (!image.disk_format) refuse_now("'disk_format' needs to be set before import");
}

void hand_out(Session& session, const platform::Runtime& runtime, const TaskRow& task) {
  platform::enqueue(
      session, std::string(kApiTopic),
      platform::make_message(runtime.random.uuid(), task.request_id, nullptr, RunImport{task.id}),
      runtime.clock.now());
}

// ---- on the way

struct OwnWork {
  TaskRow task;
  ImageRow image;
};

OwnWork get_own(Session& session, const std::string& task_id, const std::string& operation) {
  auto task = store::find_task(session, task_id);
  auto image = task ? store::find_image(session, task->image_id) : std::nullopt;
  if (!image || task->operation != operation)
    throw Error(ErrorKind::gone, "The image was deleted or its import given to another.");
  return {std::move(*task), std::move(*image)};
}

// What comes a second time may find the task another's: to refuse it then would tell glance-api to
// remove bytes that the image has.
bool has_location(Session& session, const std::string& task_id, const std::string& location) {
  const auto task = store::find_task(session, task_id);
  const auto image = task ? store::find_image(session, task->image_id) : std::nullopt;
  if (!image) return false;
  const auto stored = store::list_locations(session, *image);
  return image->staged_location == location ||
         std::ranges::find(stored, location, &ImageLocation::url) != stored.end();
}

// ---- end

void drop_staged(Session& session, const platform::Runtime& runtime, const TaskRow& task,
                 const ImageRow& image) {
  if (!image.staged_location) return;
  session.execute("UPDATE images SET staged_location=NULL WHERE id=?", {image.id});
  enqueue_removal(session, runtime, task.request_id, image.id, *image.staged_location);
}

// Takes what was imported away from the image, which is queued again unless it was copied.
void undo_import(Session& session, const platform::Runtime& runtime, const TaskRow& task,
                 const ImportInput& input) {
  for (const std::string& name : input.backend) {
    const auto image = store::find_image(session, task.image_id);
    const auto location = store::take_location(session, *image, name);
    if (location) enqueue_removal(session, runtime, task.request_id, task.image_id, *location);
  }
  if (import_method(input) == kCopyImage) return;
  session.execute(
      "UPDATE images SET status='queued', checksum=NULL, os_hash_algo=NULL, os_hash_value=NULL, "
      "digests_due=NULL, size=NULL, virtual_size=NULL WHERE id=?",
      {task.image_id});
  if (!task.original_disk_format) return;
  session.execute("UPDATE images SET disk_format=?, container_format=? WHERE id=?",
                  {task.original_disk_format, task.original_container_format, task.image_id});
}

void keep(Session& session, const ImageRow& image) {
  if (image.status != "importing") return;
  session.execute("UPDATE images SET status='active' WHERE id=?", {image.id});
}

void end_import(Session& session, const platform::Runtime& runtime, const TaskRow& task,
                std::string failure) {
  const base::TimePoint now = runtime.clock.now();
  const ImportInput input = store::to_task(task).input;
  const auto image = store::find_image(session, task.image_id);
  const bool has_data = image && image->location;
  if (!has_data && failure.empty()) failure = "No store could take the image.";
  session.execute(
      "UPDATE tasks SET status=?, message=?, operation=NULL, deadline=NULL, updated_at=?, "
      "expires_at=? WHERE id=?",
      {std::string(failure.empty() ? kTaskSuccess : kTaskFailure), failure, now,
       now + kTaskTimeToLive, task.id});
  if (!image) return;
  session.execute("DELETE FROM image_properties WHERE image_id=? AND name=?",
                  {image->id, std::string(kTaskProperty)});
  if (has_data && (failure.empty() || !all_must_succeed(input)))
    keep(session, *image);
  else
    undo_import(session, runtime, task, input);
  drop_staged(session, runtime, task, *image);
  store::touch(session, image->id, now);
}

}  // namespace

Task Imports::start(const StartImport& request) {
  Task task = request.task;
  task.created_at = task.updated_at = runtime_.clock.now();
  TaskRow row = store::to_row(task);
  row.deadline = task.created_at + kImportPatience;
  database_.write("start import", [&](Session& session) {
    const auto image = store::find_image(session, task.image_id);
    if (!image)
      throw Error(ErrorKind::not_found, fmt::format("No image found with ID {}", task.image_id));
    if (store::find_task_in_progress(session, task.image_id))
      refuse_now(
          fmt::format("New operation on image '{}' is not permitted as prior operation is "
                      "still in progress",
                      task.image_id));
    const std::string method = import_method(task.input);
    check_importable(*image, method);
    platform::insert(session, row);
    session.execute("UPDATE images SET status=?, updated_at=? WHERE id=?",
                    {method == kCopyImage ? "active" : "importing", task.created_at, image->id});
    set_property(session, image->id, kTaskProperty, task.id);
    set_property(session, image->id, kToDoProperty, task.input.backend);
    set_property(session, image->id, kFailedProperty, std::string());
    for (const auto& [name, value] : request.properties)
      set_property(session, image->id, name, value);
    if (method != kGlanceDownload) hand_out(session, runtime_, row);
  });
  return task;
}

ImportWork Imports::take(const TakeImport& request) {
  const base::TimePoint now = runtime_.clock.now();
  return database_.write("take import", [&](Session& session) {
    auto task = store::find_task(session, request.task_id);
    if (!task) throw Error(ErrorKind::not_found, "no such task", request.task_id);
    const bool again = task->operation == request.operation;
    if (task->status != kTaskPending && !again) refuse_now("The task is another's.");
    auto image = store::find_image(session, task->image_id);
    if (!image) throw Error(ErrorKind::not_found, "the image is deleted", task->image_id);
    session.execute(
        "UPDATE tasks SET status=?, operation=?, deadline=?, updated_at=? WHERE id=?",
        {std::string(kTaskProcessing), request.operation, now + kImportPatience, now, task->id});
    task->status = kTaskProcessing;
    const bool prepared = task->original_disk_format.has_value();
    auto stores = get_property(session, task->image_id, kToDoProperty);
    ImportWork work{store::to_task(std::move(*task)), store::to_image(session, std::move(*image)),
                    std::move(stores), prepared};
    // The only store has no name, so that a list cannot tell whether it is done.
    const bool nameless = work.task.input.backend == std::vector<std::string>{""};
    if (nameless && work.image.locations.empty()) work.stores = {""};
    return work;
  });
}

void Imports::go_on(const ContinueImport& request) {
  const int64_t changed = database_.write("continue import", [&](Session& session) {
    return session.change("UPDATE tasks SET deadline=? WHERE id=? AND operation=?",
                          {runtime_.clock.now() + kImportPatience, request.id, request.operation});
  });
  if (changed == 0) refuse_now("The import was given to another.");
}

void Imports::finish_preparation(const FinishPreparation& request) {
  database_.write("prepare import", [&](Session& session) {
    if (has_location(session, request.task_id, request.location)) return;  // delivered twice
    const auto [task, image] = get_own(session, request.task_id, request.operation);
    drop_staged(session, runtime_, task, image);
    session.execute(
        "UPDATE images SET staged_location=?, disk_format=?, container_format=? WHERE id=?",
        {request.location, request.disk_format, request.container_format, image.id});
    session.execute(
        "UPDATE tasks SET original_disk_format=?, original_container_format=? WHERE id=?",
        {image.disk_format, image.container_format, task.id});
    for (const auto& [name, value] : request.properties)
      set_property(session, image.id, name, value);
    store::touch(session, image.id, runtime_.clock.now());
  });
}

void Imports::report(const ReportStore& request) {
  const base::TimePoint now = runtime_.clock.now();
  database_.write("import into store", [&](Session& session) {
    if (has_location(session, request.task_id, request.data.location)) return;  // delivered twice
    const auto [task, image] = get_own(session, request.task_id, request.operation);
    auto to_do = get_property(session, image.id, kToDoProperty);
    const bool missing =
        request.store.empty() ? !image.location : std::erase(to_do, request.store) > 0;
    if (!missing) return;  // delivered twice
    set_property(session, image.id, kToDoProperty, to_do);
    if (!request.failure.empty()) {
      auto failed = get_property(session, image.id, kFailedProperty);
      failed.push_back(request.store);
      set_property(session, image.id, kFailedProperty, failed);
      store::touch(session, image.id, now);
      return;
    }
    require_storage(session, image.owner, image.id, request.data.size, request.storage_quota);
    store::add_location(session, image, request.store, request.data, now);
    if (!image.location && request.data.os_hash_value.empty())
      ask_for_digests(session, runtime_, task.request_id, image.id, request.data.size);
    if (to_do.empty() || !all_must_succeed(store::to_task(task).input)) keep(session, image);
  });
}

void Imports::finish(const FinishImport& request) {
  database_.write("finish import", [&](Session& session) {
    const auto task = store::find_task(session, request.task_id);
    const bool ours = task && task->operation == request.operation;
    if (ours) end_import(session, runtime_, *task, request.failure);
  });
}

TaskList Imports::list(const ListTasks& request) {
  return database_.read(
      [&](Session& session) { return TaskList{store::list_tasks(session, request)}; });
}

Task Imports::get(const GetTask& request) {
  auto row =
      database_.read([&](Session& session) { return store::find_task(session, request.id); });
  if (!row)
    throw Error(ErrorKind::not_found,
                fmt::format("Task with the given id {} was not found", request.id));
  return store::to_task(std::move(*row));
}

void Imports::look_after() {
  const base::TimePoint now = runtime_.clock.now();
  bool expired = false;
  const auto overdue = database_.read([&](Session& session) {
    expired = store::has_expired_tasks(session, now);
    return store::list_overdue_tasks(session, now);
  });
  if (!overdue.empty()) {
    database_.write("hand out imports again", [&](Session& session) {
      for (const TaskRow& task : store::list_overdue_tasks(session, now)) {
        if (task.attempts + 1 >= kImportAttempts || !store::find_image(session, task.image_id)) {
          end_import(session, runtime_, task, "The import was interrupted too often.");
          continue;
        }
        session.execute(
            "UPDATE tasks SET status=?, operation=NULL, deadline=?, attempts=attempts+1 WHERE id=?",
            {std::string(kTaskPending), now + kImportPatience, task.id});
        hand_out(session, runtime_, task);
      }
    });
    platform::log_warning("imports of which nothing was heard count={}", overdue.size());
  }
  if (expired)
    database_.write("forget tasks",
                    [&](Session& session) { store::delete_expired_tasks(session, now); });
}

void add_handlers(platform::Dispatcher& dispatcher, Imports& imports) {
  using platform::Message;
  using platform::Nothing;
  dispatcher.on<StartImport>([&](const Message&, const StartImport& m) { return imports.start(m); })
      .on<TakeImport>([&](const Message&, const TakeImport& m) { return imports.take(m); })
      .on<ContinueImport>([&](const Message&, const ContinueImport& m) {
        imports.go_on(m);
        return Nothing{};
      })
      .on<FinishPreparation>([&](const Message&, const FinishPreparation& m) {
        imports.finish_preparation(m);
        return Nothing{};
      })
      .on<ReportStore>([&](const Message&, const ReportStore& m) {
        imports.report(m);
        return Nothing{};
      })
      .on<FinishImport>([&](const Message&, const FinishImport& m) {
        imports.finish(m);
        return Nothing{};
      })
      .on<ListTasks>([&](const Message&, const ListTasks& m) { return imports.list(m); })
      .on<GetTask>([&](const Message&, const GetTask& m) { return imports.get(m); });
}

}  // namespace glance::registry
