#include "openstack/decision.hpp"

#include <fmt/format.h>

namespace openstack {

std::string to_text(const Decision& decision, base::TimePoint decided_at, std::string_view taker) {
  std::string text = fmt::format("{}  {}\n", base::format_seconds(decided_at),
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
    text += fmt::format("  {} was chosen before and taken by another {} meanwhile\n", host, taker);
  return text;
}

}  // namespace openstack
