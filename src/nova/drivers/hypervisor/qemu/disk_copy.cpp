#include "nova/drivers/hypervisor/qemu/disk_copy.hpp"

#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/scope_exit.hpp"

namespace nova::drivers {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::JsonObject;

constexpr const char* kCopy = "copy";  // the job, and the node that it writes

// Null: there is none.
Json find_job(QmpClient& qmp) {
  const Json jobs = qmp.execute("query-jobs");
  for (const Json& job : jobs.as_array())
    if (base::text_or(job, "id") == kCopy) return job;
  return nullptr;
}

bool is_over(const Json& job) { return base::text_or(job, "status") == "concluded"; }

// It may be ending already: the next look tells.
void cancel_job(QmpClient& qmp) {
  try {
    qmp.execute("job-cancel", JsonObject{{"id", kCopy}});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::internal) throw;
  }
}

void remove_target(QmpClient& qmp) {
  const Json nodes = qmp.execute("query-named-block-nodes", JsonObject{{"flat", true}});
  for (const Json& node : nodes.as_array())
    if (base::text_or(node, "node-name") == kCopy) {
      qmp.execute("blockdev-del", JsonObject{{"node-name", kCopy}});
      return;
    }
}

[[noreturn]] void fail_copy(const std::string& why) {
  const bool full = why.find(std::strerror(ENOSPC)) != std::string::npos;
  if (full) throw Error(ErrorKind::too_large, "The host has no room for a copy of the disk.", why);
  throw Error(ErrorKind::internal, "The disk could not be copied.", why);
}

}  // namespace

void begin_copy(QmpClient& qmp, const std::string& node, const std::string& to) {
  qmp.execute("blockdev-add",
              JsonObject{{"driver", "qcow2"},
                         {"node-name", kCopy},
                         {"discard", "unmap"},
                         {"detect-zeroes", "unmap"},
                         {"file", JsonObject{{"driver", "file"}, {"filename", to}}}});
  base::ScopeExit undo([&] {
    try {
      remove_target(qmp);
    } catch (const Error&) {
      // QEMU does not answer: the next attempt removes it.
    }
  });
  qmp.execute("blockdev-backup", JsonObject{{"job-id", kCopy},
                                            {"device", node},
                                            {"target", kCopy},
                                            {"sync", "full"},
                                            {"auto-dismiss", false}});
  undo.release();
}

bool is_copied(QmpClient& qmp) {
  const Json job = find_job(qmp);
  if (job.is_null()) fail_copy("QEMU knows of no copy");
  if (!is_over(job)) return false;
  if (const std::string error = base::text_or(job, "error"); !error.empty()) fail_copy(error);
  return true;
}

bool end_copies(QmpClient& qmp) {
  const Json job = find_job(qmp);
  if (!job.is_null()) {
    if (!is_over(job)) {
      cancel_job(qmp);
      return false;
    }
    qmp.execute("job-dismiss", JsonObject{{"id", kCopy}});
  }
  remove_target(qmp);
  return true;
}

}  // namespace nova::drivers
