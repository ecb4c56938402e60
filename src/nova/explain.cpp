// Why a server is where it is: the scheduler's decisions as text.
#include <fmt/format.h>

#include "nova/service.hpp"
#include "nova/store/allocations.hpp"
#include "nova/store/instances.hpp"
#include "openstack/decision.hpp"

namespace nova {
std::string explain(platform::Database& database, const std::string& server_id) {
  return database.read([&](platform::Session& session) {
    const auto server = store::find_any_instance(session, server_id);
    if (!server)
      throw base::Error(base::ErrorKind::not_found,
                        "Instance " + server_id + " could not be found.");
    std::string text =
        fmt::format("server {} ({}): {} vcpus, {} MiB, {} GiB; {}{}\n", server->name, server->id,
                    server->vcpus, server->memory_mib, server->disk_gib, server->vm_state,
                    server->host.empty() ? std::string() : " on " + server->host);
    const auto decisions = store::list_decisions(session, server_id);
    if (decisions.empty()) text += "  no host was looked for yet\n";
    for (const auto& decision : decisions)
      text += openstack::to_text(
          base::from_json<openstack::Decision>(base::parse_json(decision.decision)),
          decision.created_at, "server");
    if (server->fault_at) text += "fault: " + server->fault_message + "\n";
    return text;
  });
}

}  // namespace nova
