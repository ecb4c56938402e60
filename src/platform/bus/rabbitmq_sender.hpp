// Who sent what came from a broker. The broker checks the user of each message as it is published;
// a failed cast is published again by whoever failed, and a dead letter by whoever sends it again,
// so both note for whom.
#pragma once

#include <set>
#include <string>

#include "platform/bus/rabbitmq_connection.hpp"
#include "platform/bus/sender.hpp"

namespace platform::rabbitmq {

// The user who sent it first.
inline constexpr const char* kSenderHeader = "x-nephele-sender";
// The user who gave it up before it was sent again.
inline constexpr const char* kGivenUpByHeader = "x-nephele-given-up-by";

// Users as whom this process signs in.
[[nodiscard]] std::set<std::string> own_users(const RabbitmqOptions& options);

// The headers are believed from the control plane and from this process itself. Empty: the broker
// vouches for nobody.
[[nodiscard]] std::string first_sender(const Properties& properties,
                                       const std::set<std::string>& own_users);

}  // namespace platform::rabbitmq
