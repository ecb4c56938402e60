// What glance-api and glance-registry say to each other about imports: calls to "registry", but for
// RunImport. A task is taken by one operation of one glance-api, which has to be heard of until it
// ends; who is not, is taken for dead, and another one takes the task.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "glance/messages.hpp"
#include "glance/task.hpp"

namespace glance {

// Error(conflict) unless the image's state allows the import and no other one of it goes on.
struct StartImport {
  using Reply = Task;
  static constexpr std::string_view kType = "StartImport";
  static constexpr int kVersion = 1;
  Task task;
  std::map<std::string, std::string> properties = {};  // that the image gets
};
BOOST_DESCRIBE_STRUCT(StartImport, (), (task, properties))

// To "glance", from the registry's outbox: whoever gets it does it. A glance-download is begun by
// the glance-api that was asked, which alone has the user's token; who gets it later can only say
// that it was interrupted.
struct RunImport {
  static constexpr std::string_view kType = "RunImport";
  static constexpr int kVersion = 1;
  std::string task_id;
};
BOOST_DESCRIBE_STRUCT(RunImport, (), (task_id))

struct ImportWork {
  Task task;
  Image image;
  std::vector<std::string> stores;  // those that do not have it yet
  bool prepared = false;            // by FinishPreparation
};
BOOST_DESCRIBE_STRUCT(ImportWork, (), (task, image, stores, prepared))

// Takes a task. Error(conflict) if another operation has it or it has ended.
struct TakeImport {
  using Reply = ImportWork;
  static constexpr std::string_view kType = "TakeImport";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string task_id;
  std::string operation;
};
BOOST_DESCRIBE_STRUCT(TakeImport, (), (task_id, operation))

// The operation lives: moves its deadline. Error(conflict) if it does not have the task any more.
struct ContinueImport {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "ContinueImport";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string id;  // of the task
  std::string operation;
};
BOOST_DESCRIBE_STRUCT(ContinueImport, (), (id, operation))

// What is to be imported is staged as the stores are to get it: fetched, or made of what was staged
// before, which goes. The image has the formats that it now is of; it gets its own ones back if the
// import fails. Error(gone) as for ReportStore.
struct FinishPreparation {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "FinishPreparation";
  static constexpr int kVersion = 2;
  static constexpr bool kRepeatable = true;
  std::string task_id;
  std::string operation;
  std::string location;
  std::string disk_format;
  std::string container_format;
  std::map<std::string, std::string> properties = {};  // that the image gets
};
BOOST_DESCRIBE_STRUCT(FinishPreparation, (),
                      (task_id, operation, location, disk_format, container_format, properties))

// One store has the bytes, or `failure` says why it has not. Error(gone) if nobody wants them any
// more: the image is deleted or the task another's; Error(too_large) as for FinishUpload.
struct ReportStore {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "ReportStore";
  static constexpr int kVersion = 3;
  static constexpr bool kRepeatable = true;
  std::string task_id;
  std::string operation;
  std::string store;
  StoredData data;
  std::string failure;
  int64_t storage_quota = 0;  // bytes
};
BOOST_DESCRIBE_STRUCT(ReportStore, (), (task_id, operation, store, data, failure, storage_quota))

// Nothing more will be done. With a failure, or if no store has the bytes, the image is queued
// again and what was stored goes.
struct FinishImport {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "FinishImport";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string task_id;
  std::string operation;
  std::string failure;
};
BOOST_DESCRIBE_STRUCT(FinishImport, (), (task_id, operation, failure))

struct TaskList {
  std::vector<Task> tasks;
};
BOOST_DESCRIBE_STRUCT(TaskList, (), (tasks))

// Of an image, or all that the viewer may see, newest first.
struct ListTasks {
  using Reply = TaskList;
  static constexpr std::string_view kType = "ListTasks";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string image_id;  // empty: of all
  std::string status;    // empty: any
  std::string marker;
  int64_t limit = 25;
};
BOOST_DESCRIBE_STRUCT(ListTasks, (), (image_id, status, marker, limit))

struct GetTask {
  using Reply = Task;
  static constexpr std::string_view kType = "GetTask";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string id;
};
BOOST_DESCRIBE_STRUCT(GetTask, (), (id))

}  // namespace glance
