#include "neutron/store/subnets.hpp"

#include "base/json.hpp"

namespace neutron::store {

std::vector<AddressRange> parse_pools(const std::string& allocation_pools) {
  std::vector<AddressRange> ranges;
  for (const base::Json& pool : parse_list(allocation_pools)) {
    const auto first = parse_ip(base::get_text(pool, "start"));
    const auto last = parse_ip(base::get_text(pool, "end"));
    if (first && last) ranges.push_back({*first, *last});
  }
  return ranges;
}

std::optional<SubnetRow> find_subnet(platform::Session& session, const std::string& id) {
  return platform::find<SubnetRow>(session, "WHERE id=?", {id});
}

std::vector<SubnetRow> list_subnets_of_network(platform::Session& session,
                                               const std::string& network_id) {
  return platform::select<SubnetRow>(session, "WHERE network_id=? ORDER BY created_at, id",
                                     {network_id});
}

std::optional<IpAddress> find_free_address(platform::Session& session, const std::string& subnet_id,
                                           const AddressRange& range) {
  constexpr int kWindow = 256;
  IpAddress candidate = range.first;
  while (candidate <= range.last) {
    int taken = 0;
    bool gap = false;
    session.query(
        "SELECT ip_key FROM ip_allocations WHERE subnet_id=? AND ip_key>=? AND ip_key<=?"
        " ORDER BY ip_key LIMIT 256",
        {subnet_id, to_key(candidate), to_key(range.last)}, [&](const platform::SqlRow& row) {
          ++taken;
          if (gap || row.text(0) != to_key(candidate)) {
            gap = true;
            return;
          }
          candidate = next(candidate);
        });
    if (gap || taken < kWindow) break;
  }
  if (candidate > range.last) return std::nullopt;
  return candidate;
}

}  // namespace neutron::store
