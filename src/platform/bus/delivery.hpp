// What every bus does alike at its two ends: who works for whom, and what the trace says about it.
#pragma once

#include <string>

#include "platform/bus/bus.hpp"
#include "platform/bus/bus_metrics.hpp"
#include "platform/current_request.hpp"
#include "platform/runtime.hpp"

namespace platform {

// "ScheduleServer -> scheduler"
[[nodiscard]] std::string hop_name(const Message& message, const std::string& topic);

// Whom a sender works for while it sends: the message's request in the thread's own role. A relay
// that sends for others belongs to no request itself.
[[nodiscard]] CurrentRequest sender_of(const Message& message, const Runtime& runtime);

// Throws Error(bad_request) that says what to do if the message is of a version after `known`.
void check_version(const Message& message, int known);

// Runs the handler in the message's request and the subscriber's role, counts it and records the
// hop. Throws what the handler throws; its error's message is the hop's outcome.
base::Json handle(const Runtime& runtime, const std::string& topic, Arrival arrival,
                  const SubscribeOptions& options, const MessageHandler& handler,
                  const Message& message);

}  // namespace platform
