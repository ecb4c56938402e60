// A client of a Ceph cluster that has one pool open. Only for the sources of this folder.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "platform/rbd/library.hpp"
#include "platform/rbd/pool.hpp"

namespace platform::rbd {

// Closed with the object. Thread-safe, as librados is.
class Connection {
 public:
  // Waits for the cluster as long as the options say. Throws base::Error as Pool does.
  explicit Connection(const PoolOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] rados_t cluster() const { return cluster_; }
  [[nodiscard]] rados_ioctx_t pool() const { return pool_; }
  [[nodiscard]] const std::string& pool_name() const { return options_.pool; }
  [[nodiscard]] const std::string& fsid() const { return fsid_; }
  // What a monitor answers to `{"prefix": COMMAND, "format": "json"}`.
  [[nodiscard]] base::Json ask(std::string_view command) const;

  // The error that stands for a negative result of librados or librbd: not_found, conflict (in use
  // or there already), too_large (full), unavailable (no answer, or not let in), else internal.
  [[noreturn]] void fail(int result, std::string_view what, std::string_view subject) const;
  // Throws it if the result is one.
  void check(int result, std::string_view what, std::string_view subject) const {
    if (result < 0) fail(result, what, subject);
  }

 private:
  void configure();
  void connect();

  const Library& library_;
  const PoolOptions options_;
  rados_t cluster_ = nullptr;
  rados_ioctx_t pool_ = nullptr;
  std::string fsid_;
};

}  // namespace platform::rbd
