#include "platform/bus/dispatcher.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "platform/bus/delivery.hpp"
#include "platform/log.hpp"

namespace platform {
namespace {

// The body's text is not trusted yet: a host says what it likes.
void check_sender(const Message& message, Senders senders) {
  const Sender& sender = message.sender;
  if (!sender.is_host()) return;
  const std::string host = base::text_or(message.body, "host");
  if (may_send(sender, senders) && host == sender.host) return;
  log_warning("message refused: not accepted from its sender type={} sender={} about={}",
              message.type, sender.user, host);
  if (!may_send(sender, senders))
    refuse_sender(fmt::format("{} is accepted from {} only, not from {}.", message.type,
                              to_text(senders), sender.user));
  refuse_sender(
      fmt::format("{} speaks of host '{}', and {} may speak for its own host only: check "
                  "that host in nephele.conf is what the user of transport_url says.",
                  message.type, host, sender.user));
}

}  // namespace

base::Json Dispatcher::operator()(const Message& message) const {
  const auto found = entries_.find(message.type);
  if (found == entries_.end())
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("A message of type {} is not known here.", message.type));
  check_sender(message, found->second.senders);
  check_version(message, found->second.version);
  return found->second.handler(message);
}

void Dispatcher::add(std::string type, int version, Senders senders, MessageHandler handler) {
  entries_[std::move(type)] = {version, senders, std::move(handler)};
}

std::vector<Dispatcher::Accepted> Dispatcher::list_accepted() const {
  std::vector<Accepted> accepted;
  for (const auto& [type, entry] : entries_)
    accepted.push_back({type, entry.version, entry.senders});
  return accepted;
}

}  // namespace platform
