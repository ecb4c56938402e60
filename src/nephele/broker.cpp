// `nephele broker USER...`: the users of hosts on a RabbitMQ broker, each of which may speak for
// its host only. What it prints is for `rabbitmqctl import_definitions`.
#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "nephele/cloud.hpp"
#include "nephele/commands.hpp"
#include "nephele/host_file.hpp"
#include "neutron/messages.hpp"
#include "nova/messages.hpp"
#include "platform/bus/rabbitmq.hpp"
#include "platform/bus/rabbitmq_permissions.hpp"
#include "platform/bus/sender.hpp"
#include "platform/ini.hpp"
#include "platform/random.hpp"

namespace nephele {
namespace {

using platform::rabbitmq::ExchangeAccess;
using platform::rabbitmq::HostUser;

// What the roles of a host need of the message queue.
std::vector<ExchangeAccess> access_of(const platform::Sender& host, const std::string& nova,
                                      const std::string& neutron) {
  const ExchangeAccess agents{neutron,
                              {},
                              {std::string(neutron::kPluginTopic)},
                              {std::string(neutron::kAgentNotifierTopic)}};
  if (host.of == platform::Sender::Class::network) return {agents};
  return {agents,
          {nova,
           {nova::compute_topic(host.host), nova::compute_events_topic(host.host)},
           {std::string(nova::kConductorTopic)},
           {}}};
}

platform::Sender host_of_user(const std::string& user) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (!platform::is_host_user(user) || user.find_first_not_of(kAllowed) != std::string::npos)
    throw base::Error(
        base::ErrorKind::bad_request,
        fmt::format("'{}' is no user of a host: name compute-HOST for each host with nova-compute, "
                    "network-HOST for each with a DHCP or metadata agent",
                    user));
  return platform::sender_of_user(user);
}

platform::RabbitmqOptions options_of(const CommandLine& line, std::string_view service) {
  const platform::Config config = load_config(line, get_service(service));
  if (!platform::has_broker(config))
    throw base::Error(
        base::ErrorKind::bad_request,
        fmt::format("there is no broker: set transport_url in {}/nephele.conf", line.config_dir));
  return platform::rabbitmq_options(config, service);
}

// The password that an earlier run has given the user, or a new one.
std::string password_of(const std::string& file, const std::string& user) {
  std::ostringstream text;
  if (std::filesystem::exists(file)) text << std::ifstream(file).rdbuf();
  for (const platform::IniItem& item : platform::parse_ini(text.str(), file)) {
    if (item.name != "transport_url") continue;
    const auto& broker = platform::parse_transport_url(item.value).brokers.front();
    if (broker.user == user) return broker.password;
  }
  return platform::system_random().hex_id();
}

// The users that the roles of the control plane have may not be of a host.
void check_own_users(const CommandLine& line, const platform::TransportUrl& url) {
  for (const auto& broker : url.brokers)
    if (platform::is_host_user(broker.user))
      throw base::Error(
          base::ErrorKind::bad_request,
          fmt::format("transport_url in {}/nephele.conf has the user {} of a host: run this where "
                      "the control plane runs",
                      line.config_dir, broker.user));
}

}  // namespace

int manage_broker(const CommandLine& line) {
  if (line.arguments.empty())
    throw base::Error(base::ErrorKind::bad_request,
                      "name the hosts' users, e.g. nephele broker compute-node1 network-node2 | "
                      "rabbitmqctl import_definitions");
  const platform::RabbitmqOptions nova = options_of(line, "nova");
  const std::string neutron = options_of(line, "neutron").exchange;
  check_own_users(line, nova.url);
  const HostSettings settings = read_host_settings(line);
  const std::string directory = line.state_dir + "/hosts";
  std::filesystem::create_directories(directory);
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all);
  std::vector<HostUser> users;
  for (const std::string& user : line.arguments) {
    const platform::Sender host = host_of_user(user);
    const std::string file = fmt::format("{}/{}.conf", directory, user);
    users.push_back({user, password_of(file, user), access_of(host, nova.exchange, neutron)});
    platform::TransportUrl url = nova.url;
    for (auto& broker : url.brokers) {
      broker.user = user;
      broker.password = users.back().password;
    }
    const bool compute = host.of == platform::Sender::Class::compute;
    write_file(file,
               host_file(settings, platform::to_text(url),
                         compute ? HostKind::compute : HostKind::network),
               0600);
    fmt::print(stderr, "{}: /etc/nephele/nephele.conf of host {}, with its my_ip\n", file,
               host.host);
  }
  fmt::print("{}\n", platform::rabbitmq::write_definitions(nova.url.virtual_host, users,
                                                           platform::system_random()));
  return 0;
}

}  // namespace nephele
