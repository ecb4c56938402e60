#include "platform/bus/delivery_policy.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace platform {
namespace {

bool is_away(const std::exception& error) {
  const auto* known = dynamic_cast<const base::Error*>(&error);
  return known != nullptr && (known->kind() == base::ErrorKind::unavailable ||
                              known->kind() == base::ErrorKind::timeout ||
                              known->kind() == base::ErrorKind::bad_gateway);
}

}  // namespace

void Tries::add(const std::exception& error) {
  ++all;
  if (is_away(error)) ++away;
}

bool DeliveryPolicy::tries_again(const Tries& tries, const std::exception& error) const {
  return is_away(error) ? tries.all < max_tries_while_away : tries.all - tries.away < max_tries;
}

base::Duration DeliveryPolicy::backoff(int tries) const {
  base::Duration backoff = first_backoff;
  for (int i = 1; i < tries && backoff < longest_backoff; ++i) backoff *= 2;
  return std::min(backoff, longest_backoff);
}

std::vector<base::Duration> DeliveryPolicy::backoffs() const {
  std::vector<base::Duration> all;
  for (int tries = 1; all.empty() || all.back() < longest_backoff; ++tries)
    all.push_back(backoff(tries));
  return all;
}

}  // namespace platform
