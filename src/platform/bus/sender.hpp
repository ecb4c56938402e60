// Who sent a message: the bus vouches for it, nothing that is in a message can claim it.
//
// On a broker it is the user that the sender signed in as. Users of hosts are named by a rule:
// "compute-HOST" and "network-HOST" are hosts and may speak for themselves only; any other user is
// the control plane's. In one process all roles trust each other: the sender is the control plane.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace platform {

struct Sender {
  enum class Class { control, compute, network };
  Class of = Class::control;
  std::string host;  // of compute and network
  std::string user;  // of the broker; empty: of this process

  [[nodiscard]] bool is_host() const { return of != Class::control; }
};

[[nodiscard]] bool is_host_user(std::string_view user);
// Throws Error as refuse_sender() does for an empty name, or one that lacks its host.
[[nodiscard]] Sender sender_of_user(std::string_view user);

// Who may send a message beside the control plane. Those messages have a member `host`, and a host
// is believed only what it says of itself.
enum class Senders { control_only, compute_hosts, network_hosts, all_hosts };

// A message declares it by `static constexpr platform::Senders kSenders`; else no host may send it.
template <class T>
constexpr Senders senders_of() {
  if constexpr (requires { T::kSenders; })
    return T::kSenders;
  else
    return Senders::control_only;
}

// For documents and logs: "compute hosts".
[[nodiscard]] std::string_view to_text(Senders senders);

[[nodiscard]] bool may_send(const Sender& sender, Senders senders);

// The type() of an Error that says that a message is not accepted from who sent it.
inline constexpr std::string_view kSenderRefused = "SenderRefused";
[[noreturn]] void refuse_sender(const std::string& why);
[[nodiscard]] bool is_refusal_of_sender(const base::Error& error);

}  // namespace platform
