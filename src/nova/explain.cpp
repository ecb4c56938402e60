// Why a server is where it is: the scheduler's decisions as text.
#include <fmt/format.h>

#include "nova/scheduler/placement.hpp"
#include "nova/service.hpp"
#include "nova/store/allocations.hpp"
#include "nova/store/instances.hpp"

namespace nova {
namespace {

std::string text_of(const store::DecisionRow& row) {
  const auto decision = base::from_json<scheduler::Decision>(base::parse_json(row.decision));
  std::string text = fmt::format("{}  {}\n", base::format_seconds(row.created_at),
                                 decision.host.empty() ? std::string("no valid host was found")
                                                       : "placed on " + decision.host);
  text += fmt::format("  {:<34} {:>8}\n", "filter", "hosts");
  text += fmt::format("  {:<34} {:>8}\n", "(all)", decision.hosts);
  for (const auto& filter : decision.filters)
    text += fmt::format("  {:<34} {:>8}\n", filter.filter, filter.passed);
  if (!decision.weights.empty())
    text += fmt::format("  {:<34} {:>12} {:>10} {:>10}\n", "weigher", "value", "normalized",
                        "multiplier");
  for (const auto& weight : decision.weights)
    text += fmt::format("  {:<34} {:>12.0f} {:>10.3f} {:>10.1f}\n", weight.weigher, weight.value,
                        weight.normalized, weight.multiplier);
  if (!decision.host.empty())
    text += fmt::format("  weight {:.3f}, shared by {} host{}\n", decision.weight, decision.ties,
                        decision.ties == 1 ? "" : "s; one of them was drawn");
  for (const std::string& host : decision.lost_to_others)
    text += fmt::format("  {} was chosen before and taken by another server meanwhile\n", host);
  return text;
}

}  // namespace

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
    for (const auto& decision : decisions) text += text_of(decision);
    if (server->fault_at) text += "fault: " + server->fault_message + "\n";
    return text;
  });
}

}  // namespace nova
