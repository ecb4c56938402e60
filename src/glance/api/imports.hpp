// Does imports: takes tasks, brings the bytes into the stores, tells the registry after each store.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "glance/api/image_api.hpp"
#include "glance/task_messages.hpp"
#include "platform/executor.hpp"

namespace glance::api {

// Thread-safe. Its destructor waits for what it works on, but for downloads, which it breaks off. A
// death at any point leaves a task that
// another glance-api takes when nothing was heard of this one, and bytes without an owner, which
// tidying removes.
class Imports {
 public:
  explicit Imports(const ImageApi& api);
  ~Imports();

  // Takes the task and returns; the work goes on. One that somebody else has is left alone.
  // `token`: of the user, for what has to be done in their name; kept in memory only.
  void take(const std::string& request_id, const RunImport& message, const std::string& token = "");

 private:
  struct Job;
  void run(Job& job);
  // Tells the registry; once more if it was not heard: what took hours is not done again for that.
  template <class Message>
  void tell(const Job& job, const Message& message) const;
  void keep_wanted(const Job& job) const;
  void prepare_data(Job& job);
  void import_to_stores(const Job& job);
  [[nodiscard]] StoredData store_one(const Job& job, const std::string& store);
  void finish(const Job& job, const std::string& failure);

  const ImageApi& api_;
  std::atomic<bool> stopping_ = false;
  platform::WorkerPool pool_;
  platform::WorkerPool downloads_;  // which last as long as a stranger's server likes
};

}  // namespace glance::api
