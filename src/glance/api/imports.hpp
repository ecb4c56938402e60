// Does imports: takes tasks, brings the bytes into the stores, tells the registry after each store.
#pragma once

#include <memory>
#include <string>

#include "glance/api/image_api.hpp"
#include "glance/task_messages.hpp"
#include "platform/executor.hpp"

namespace glance::api {

// Thread-safe. Its destructor waits for what it works on. A death at any point leaves a task that
// another glance-api takes when nothing was heard of this one, and bytes without an owner, which
// tidying removes.
class Imports {
 public:
  explicit Imports(const ImageApi& api);

  // Takes the task and returns; the work goes on. One that somebody else has is left alone.
  void take(const std::string& request_id, const RunImport& message);

 private:
  struct Job;
  void run(const Job& job);
  void import_to_stores(const Job& job);
  [[nodiscard]] StoredData store_one(const Job& job, const std::string& store);
  void finish(const Job& job, const std::string& failure);

  const ImageApi& api_;
  platform::WorkerPool pool_;
};

}  // namespace glance::api
