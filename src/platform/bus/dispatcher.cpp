#include "platform/bus/dispatcher.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "platform/bus/delivery.hpp"

namespace platform {

base::Json Dispatcher::operator()(const Message& message) const {
  const auto found = entries_.find(message.type);
  if (found == entries_.end())
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("A message of type {} is not known here.", message.type));
  check_version(message, found->second.version);
  return found->second.handler(message);
}

void Dispatcher::add(std::string type, int version, MessageHandler handler) {
  entries_[std::move(type)] = {version, std::move(handler)};
}

}  // namespace platform
