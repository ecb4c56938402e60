// What nephele_bench measures by itself: single functions, and what needs no more than a broker.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "platform/runtime.hpp"

namespace bench {

[[nodiscard]] platform::Runtime runtime(std::string host = "bench");
// CPU time of one call, in microseconds: the mean of `rounds`.
[[nodiscard]] double measure(int rounds, const std::function<void()>& call);

// CPU time, in microseconds.
[[nodiscard]] double validate_token();
[[nodiscard]] double schedule_among_10000_hosts();

// The round trip of a call over our bus in terms of that of the AMQP library by itself: the ratio
// of medians over the broker at `url`, measured in turn. Says both on standard error.
[[nodiscard]] double compare_bus_call(const std::string& url);

// Reports `count` compute hosts, fake-0001 and so on, over the broker at `url`, each at the default
// heartbeat, as nova-compute does; until SIGTERM. Prints "ready" when each has reported once.
void run_fake_hosts(const std::string& url, int count);

}  // namespace bench
