#include "platform/rbd/connection.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/scope_exit.hpp"

namespace platform::rbd {
namespace {

using base::Error;
using base::ErrorKind;

constexpr int kBlocklisted = ESHUTDOWN;  // Ceph's number for a client that it has shut out

struct Meaning {
  ErrorKind kind;
  std::string message;
};

Meaning meaning_of(int error, const PoolOptions& options) {
  switch (error) {
    case ENOENT:
      return {ErrorKind::not_found, "It is not in the Ceph pool."};
    case EEXIST:
      return {ErrorKind::conflict, "It is in the Ceph pool already."};
    case EBUSY:
    case ENOTEMPTY:
      return {ErrorKind::conflict, "It is in use in Ceph."};
    case ENOSPC:
    case EDQUOT:
      return {ErrorKind::too_large, "The Ceph pool is full."};
    case EPERM:
    case EACCES:
      return {ErrorKind::unavailable,
              fmt::format("Ceph does not let client.{} in: give it \"profile rbd\" of the monitors "
                          "and for the pool {}.",
                          options.user, options.pool)};
    case ETIMEDOUT:
    case ENOTCONN:
    case kBlocklisted:
      return {ErrorKind::unavailable, "Ceph does not answer. Look at its health (ceph -s)."};
    default:
      return {ErrorKind::internal, "Ceph failed."};
  }
}

}  // namespace

void Connection::fail(int result, std::string_view what, std::string_view subject) const {
  Meaning meaning = meaning_of(-result, options_);
  throw Error(meaning.kind, std::move(meaning.message),
              fmt::format("{} {}/{}: {}", what, options_.pool, subject, std::strerror(-result)));
}

Connection::Connection(const PoolOptions& options) : library_(library()), options_(options) {
  check(library_.rados_create2(&cluster_, options_.cluster.c_str(),
                               ("client." + options_.user).c_str(), 0),
        "make a client for", "");
  base::ScopeExit undo([this] { library_.rados_shutdown(cluster_); });
  configure();
  connect();
  undo.release();
}

Connection::~Connection() {
  library_.rados_ioctx_destroy(pool_);
  library_.rados_shutdown(cluster_);
}

void Connection::configure() {
  const std::string& path = options_.configuration;
  const int read = library_.rados_conf_read_file(cluster_, path.empty() ? nullptr : path.c_str());
  if (read < 0)
    throw Error(ErrorKind::unavailable,
                fmt::format("Ceph's configuration {} can not be read: {}.",
                            path.empty() ? "/etc/ceph/" + options_.cluster + ".conf" : path,
                            std::strerror(-read)));
  const std::string patience = fmt::format(
      "{}", std::chrono::duration_cast<std::chrono::seconds>(options_.patience).count());
  // Without these a call waits until there is a cluster again.
  for (const char* option :
       {"client_mount_timeout", "rados_mon_op_timeout", "rados_osd_op_timeout"})
    check(library_.rados_conf_set(cluster_, option, patience.c_str()), "set", option);
  for (const char* option : {"log_to_stderr", "err_to_stderr"})
    check(library_.rados_conf_set(cluster_, option, "false"), "set", option);
}

void Connection::connect() {
  const int connected = library_.rados_connect(cluster_);
  if (connected == -ENOENT)
    throw Error(ErrorKind::unavailable,
                fmt::format("Ceph has no key for client.{}: there is no keyring where its "
                            "configuration says.",
                            options_.user));
  check(connected, "connect to", "");
  const int opened = library_.rados_ioctx_create(cluster_, options_.pool.c_str(), &pool_);
  if (opened == -ENOENT)
    throw Error(ErrorKind::unavailable,
                fmt::format("Ceph has no pool {0}. Make it: ceph osd pool create {0}; "
                            "rbd pool init {0}",
                            options_.pool));
  check(opened, "open", "");
  // What does not fit fails, instead of waiting until there is room.
  library_.rados_set_pool_full_try(pool_);
  std::array<char, 64> fsid{};
  check(library_.rados_cluster_fsid(cluster_, fsid.data(), fsid.size()), "name the cluster of", "");
  fsid_ = fsid.data();
}

base::Json Connection::ask(std::string_view command) const {
  const std::string text = fmt::format(R"({{"prefix":"{}","format":"json"}})", command);
  const char* commands[] = {text.c_str()};
  char* answer = nullptr;
  size_t answer_size = 0;
  char* remark = nullptr;
  size_t remark_size = 0;
  const int result = library_.rados_mon_command(cluster_, commands, 1, nullptr, 0, &answer,
                                                &answer_size, &remark, &remark_size);
  const base::ScopeExit free_both([&] {
    library_.rados_buffer_free(answer);
    library_.rados_buffer_free(remark);
  });
  check(result, command, "");
  return base::parse_json({answer, answer_size});
}

}  // namespace platform::rbd
