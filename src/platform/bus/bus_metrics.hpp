// What both buses count: messages handled, calls in progress, what waits.
#pragma once

#include <string>

#include "platform/clock.hpp"
#include "platform/metrics.hpp"

namespace platform {

// How a message came.
enum class Arrival { call, cast, fanout };

// A topic as a label: that of one host ("compute.node1", "compute.node1.events") counts as the
// topic of all ("compute").
[[nodiscard]] std::string topic_label(const std::string& topic);

// Counts a message that is handled, and how long, from construction to destruction. An exception
// that leaves the scope makes it a failed one.
class HandlingScope {
 public:
  HandlingScope(const Clock& clock, const std::string& topic, Arrival arrival);
  ~HandlingScope();
  HandlingScope(const HandlingScope&) = delete;
  HandlingScope& operator=(const HandlingScope&) = delete;

 private:
  const Clock& clock_;
  const std::string topic_;
  const Arrival arrival_;
  const base::SteadyTime start_;
  const int exceptions_;
};

// The same for a call, on the side of who waits for its answer.
class CallScope {
 public:
  CallScope(const Clock& clock, const std::string& topic);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;
  // It ended without an answer: "timeout", "unavailable".
  void failed(std::string_view reason);

 private:
  const Clock& clock_;
  const std::string topic_;
  const base::SteadyTime start_;
  metrics::Gauge& in_progress_;
};

// Messages of a topic of the in-process bus that wait for a handler.
[[nodiscard]] metrics::Gauge& waiting_messages(const std::string& topic);

}  // namespace platform
