#include "platform/bus/sender.hpp"

#include <fmt/format.h>

namespace platform {
namespace {

constexpr std::string_view kComputeUser = "compute-";
constexpr std::string_view kNetworkUser = "network-";

}  // namespace

bool is_host_user(std::string_view user) {
  return user.starts_with(kComputeUser) || user.starts_with(kNetworkUser);
}

Sender sender_of_user(std::string_view user) {
  if (user.empty()) refuse_sender("The message queue does not say who sent the message.");
  Sender sender;
  sender.user = user;
  std::string_view prefix;
  if (user.starts_with(kComputeUser)) {
    sender.of = Sender::Class::compute;
    prefix = kComputeUser;
  } else if (user.starts_with(kNetworkUser)) {
    sender.of = Sender::Class::network;
    prefix = kNetworkUser;
  }
  sender.host = sender.is_host() ? user.substr(prefix.size()) : "";
  if (sender.is_host() && sender.host.empty())
    refuse_sender(fmt::format("The user {} of the message queue names no host.", user));
  return sender;
}

std::string_view to_text(Senders senders) {
  switch (senders) {
    case Senders::compute_hosts:
      return "compute hosts";
    case Senders::network_hosts:
      return "network hosts";
    case Senders::all_hosts:
      return "compute and network hosts";
    case Senders::control_only:
      break;
  }
  return "the control plane";
}

bool may_send(const Sender& sender, Senders senders) {
  switch (sender.of) {
    case Sender::Class::compute:
      return senders == Senders::compute_hosts || senders == Senders::all_hosts;
    case Sender::Class::network:
      return senders == Senders::network_hosts || senders == Senders::all_hosts;
    case Sender::Class::control:
      break;
  }
  return true;
}

void refuse_sender(const std::string& why) {
  throw base::Error(base::ErrorKind::forbidden, why).with_type(std::string(kSenderRefused));
}

bool is_refusal_of_sender(const base::Error& error) { return error.type() == kSenderRefused; }

}  // namespace platform
