// How often a message whose handler failed is delivered again.
#pragma once

#include <exception>
#include <vector>

#include "base/time.hpp"

namespace platform {

// How often the handler of a message has failed.
struct Tries {
  int all = 0;
  // Of them because another service, its database or its queue was away (ErrorKind unavailable,
  // timeout, bad_gateway).
  int away = 0;

  void add(const std::exception& error);
};

struct DeliveryPolicy {
  // Of what its handler can not do; those while somebody was away do not count.
  int max_tries = 5;
  // While somebody is away, who may be for minutes.
  int max_tries_while_away = 30;
  base::Duration first_backoff = std::chrono::milliseconds(200);  // doubles with each try
  base::Duration longest_backoff = std::chrono::milliseconds(25'600);

  // Whether there is another try after the `tries` that were made, the last of which met `error`.
  [[nodiscard]] bool tries_again(const Tries& tries, const std::exception& error) const;
  // How long it waits after so many tries, 1 or more.
  [[nodiscard]] base::Duration backoff(int tries) const;
  // All that backoff() may be, in order.
  [[nodiscard]] std::vector<base::Duration> backoffs() const;
};

}  // namespace platform
