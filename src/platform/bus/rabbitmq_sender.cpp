#include "platform/bus/rabbitmq_sender.hpp"

namespace platform::rabbitmq {
namespace {

bool is_believed(const std::string& user, const std::set<std::string>& own_users) {
  return !user.empty() && (!is_host_user(user) || own_users.contains(user));
}

}  // namespace

std::set<std::string> own_users(const RabbitmqOptions& options) {
  std::set<std::string> users;
  for (const TransportUrl::Broker& broker : options.url.brokers) users.insert(broker.user);
  return users;
}

std::string first_sender(const Properties& properties, const std::set<std::string>& own_users) {
  std::string user = properties.user_id;
  for (const char* header : {kGivenUpByHeader, kSenderHeader}) {
    if (!is_believed(user, own_users)) return user;
    const auto noted = properties.headers.find(header);
    if (noted != properties.headers.end()) user = noted->second;
  }
  return user;
}

}  // namespace platform::rabbitmq
