// What a scheduler decided, and why: filters, then weights, over hosts (Nova) or pools (Cinder).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/described.hpp"
#include "base/time.hpp"

namespace openstack {

// Why a host was chosen, or why none: kept for `nephele explain`.
struct FilterVerdict {
  std::string filter;
  int64_t passed = 0;  // hosts left after it
};
BOOST_DESCRIBE_STRUCT(FilterVerdict, (), (filter, passed))
struct Weight {
  std::string weigher;
  double value = 0;       // raw, of the chosen host
  double normalized = 0;  // 0..1 over the hosts that passed
  double multiplier = 1;
};
BOOST_DESCRIBE_STRUCT(Weight, (), (weigher, value, normalized, multiplier))
struct Decision {
  std::string host;  // empty: no valid host
  int64_t hosts = 0;
  int64_t ties = 0;  // hosts with the best weight; one of them was drawn
  double weight = 0;
  std::vector<FilterVerdict> filters;
  std::vector<Weight> weights;
  std::vector<std::string> lost_to_others;  // hosts chosen before but taken meanwhile
};
BOOST_DESCRIBE_STRUCT(Decision, (), (host, hosts, ties, weight, filters, weights, lost_to_others))

// As text for `nephele explain`. `taker`: what else may have taken a host meanwhile ("server").
[[nodiscard]] std::string to_text(const Decision& decision, base::TimePoint decided_at,
                                  std::string_view taker);

}  // namespace openstack
