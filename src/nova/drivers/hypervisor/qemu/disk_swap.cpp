#include "nova/drivers/hypervisor/qemu/disk_swap.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "nova/drivers/hypervisor/qemu/disk_nodes.hpp"

namespace nova::drivers {
namespace {

using base::Json;
using base::JsonObject;

constexpr const char* kMirror = "swap";

// Null: there is none.
Json find_mirror(QmpClient& qmp) {
  const Json jobs = qmp.execute("query-jobs");
  for (const Json& job : jobs.as_array())
    if (base::text_or(job, "id") == kMirror) return job;
  return nullptr;
}

void command_mirror(QmpClient& qmp, const char* command) {
  qmp.execute(command, JsonObject{{"id", kMirror}});
}

}  // namespace

bool is_behind_device(QmpClient& qmp, const std::string& node, const std::string& plugged_as) {
  const std::string device = "/" + volume_device(plugged_as) + "/";
  const Json all = qmp.execute("query-block");
  return std::any_of(all.as_array().begin(), all.as_array().end(), [&](const Json& block) {
    const Json* inserted = base::find(block, "inserted");
    return base::text_or(block, "qdev").find(device) != std::string::npos && inserted &&
           base::text_or(*inserted, "node-name") == node;
  });
}

int64_t get_node_size(QmpClient& qmp, const std::string& node) {
  const Json all = qmp.execute("query-named-block-nodes", JsonObject{{"flat", true}});
  for (const Json& each : all.as_array())
    if (base::text_or(each, "node-name") == node)
      return base::integer_or(each.at("image"), "virtual-size", 0);
  throw base::Error(base::ErrorKind::not_found, "The guest does not have the disk.", node);
}

void begin_mirror(QmpClient& qmp, const std::string& from, const std::string& to) {
  qmp.execute("blockdev-mirror", JsonObject{{"job-id", kMirror},
                                            {"device", from},
                                            {"target", to},
                                            {"sync", "full"},
                                            {"copy-mode", "write-blocking"},
                                            {"auto-dismiss", false}});
}

MirrorState get_mirror_state(QmpClient& qmp) {
  const Json job = find_mirror(qmp);
  if (job.is_null()) return MirrorState::none;
  const std::string status = base::text_or(job, "status");
  if (status == "ready") return MirrorState::in_step;
  return status == "concluded" ? MirrorState::ended : MirrorState::copying;
}

std::string get_mirror_error(QmpClient& qmp) { return base::text_or(find_mirror(qmp), "error"); }

void complete_mirror(QmpClient& qmp) { command_mirror(qmp, "job-complete"); }

// It may be ending already: the next look tells.
void cancel_mirror(QmpClient& qmp) {
  try {
    command_mirror(qmp, "job-cancel");
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::internal) throw;
  }
}

void dismiss_mirror(QmpClient& qmp) { command_mirror(qmp, "job-dismiss"); }

}  // namespace nova::drivers
